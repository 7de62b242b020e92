"""A recipe from its layers: a preset or a file, ``--set``, flags; all that is wrong with them is told together."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.errors import OptionError
from train.arguments import OURS as DECIDED
from train.methods.registry import METHODS
from train.recipe.checks import impossible, out_of_range
from train.recipe.defaults import completed
from train.recipe.gather import Entry, Layer, Say, folded, gathered, typed_entries
from train.recipe.keys import library_defaults, method_keys, own_keys, training_keys
from train.recipe.recipe import Recipe
from train.recipe.settle import settled_data, settled_deeds, settled_method, without_the_others

_ALWAYS = ("learning_rate", "report_to", "eval_strategy", "save_strategy", "load_best_model_at_end")


def build_recipe(layers: Sequence[Layer]) -> tuple[Recipe, list[str]]:
    """The recipe that the layers make, later ones over earlier ones, and what the person should know about it.

    Raises OptionError with one line a mistake: nothing else is loaded where there is any.
    """
    mistakes: list[str] = []
    notes: list[str] = []
    mistake, note = mistakes.append, notes.append
    named = gathered(layers, mistake=mistake, note=note)
    chosen = settled_method(named, mistake=mistake)
    whole = folded(named)
    if chosen is not None:
        whole = without_the_others(whole, named, chosen, mistake=mistake, note=note)
    whole.pop("method", None)
    method = chosen or Recipe().method
    entries = settled_data(typed_entries(whole, method, mistake=mistake), mistake=mistake, note=note)
    mistakes += out_of_range(entries)
    settings = _settings(entries, method, mistake)
    own = _own(entries, method, mistake)
    training = completed(
        {name: entry.value for name, entry in entries.items() if name in training_keys()},
        learning_rate=METHODS[method].learning_rate,
        evaluates=own["do_eval"],
    )
    mistakes += impossible(own, training)
    if mistakes:
        raise OptionError(_together(mistakes))
    notes += _remarks(entries, own)
    return Recipe(**own, settings=settings, training=_beyond_the_library(training)), notes


def _own(entries: Mapping[str, Entry], method: str, mistake: Say) -> dict[str, Any]:
    given = {name: entry.value for name, entry in entries.items() if name in own_keys()}
    defaults = {name: key.default for name, key in own_keys().items()}
    if given.get("encoding") == "official":  # control tokens typed in a text are control tokens there
        defaults["split_special_tokens"] = False
    return {**defaults, **given, **settled_deeds(entries, mistake=mistake), "method": method}


def _settings(entries: Mapping[str, Entry], method: str, mistake: Say) -> dict[str, Any]:
    """Complete; those that cannot be are a mistake."""
    given = {name: entry.value for name, entry in entries.items() if name in method_keys(method)}
    try:
        settings = METHODS[method].settings(**given)
    except OptionError as error:
        mistake(f"method {method}: {error}")
        return {}
    return {name: getattr(settings, name) for name in method_keys(method)}


def _beyond_the_library(training: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from transformers' defaults, and what is decided here in any case."""
    defaults = library_defaults()
    return {
        name: training[name]
        for name in training_keys()
        if name in training and (training[name] != defaults[name] or name in _ALWAYS)
    }


def _remarks(entries: Mapping[str, Entry], own: Mapping[str, Any]) -> list[str]:
    official = [entry for name, entry in entries.items() if name == "model" and entry.given == "model_name_or_path"]
    remarks = []
    if official and own["train_file"] and "pre_seq_len" not in entries and own["method"] == Recipe().method:
        remarks.append("without pre_seq_len the official script trained the whole model; method: full does that here")
    if not own["ignore_pad_token_for_loss"] and own["encoding"] == "default":
        remarks.append("ignore_pad_token_for_loss is for encoding official; without it nothing is padded")
    defaults = library_defaults()
    for name, entry in entries.items():
        if name in DECIDED and entry.value not in (DECIDED[name], defaults[name]):
            remarks.append(f"{entry} {entry.value} is ignored: it is {DECIDED[name]} in every training here")
    return remarks


def _together(mistakes: Sequence[str]) -> str:
    """One mistake is a line; of several each has its own, so that all can be found and mended at once."""
    lines = list(dict.fromkeys(line for mistake in mistakes for line in mistake.split("\n  ")))
    if len(lines) == 1:
        return lines[0]
    return "\n  ".join([f"{len(lines)} mistakes in the recipe, nothing was loaded:", *lines])
