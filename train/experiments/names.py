"""What cells may differ in: keys of recipes, and what follows from them and the records together."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from train.job import NO_MATTER
from train.methods.registry import METHODS
from train.recipe.keys import library_defaults, method_keys, own_keys, training_keys
from train.recipe.recipe import Recipe

DERIVED = ("effective_batch", "steps", "examples", "epochs", "tokens_seen")
"""What a training amounts to; cells that differ in it unsaid are confounded."""
_NO_INFLUENCE = (
    *("logging_steps", "save_steps", "save_strategy", "eval_steps", "eval_strategy", "load_best_model_at_end"),
    *("report_to", "save_total_limit", "run_name"),
)
"""What is written and shown on the way changes nothing that is learnt."""


@cache
def key_names() -> tuple[str, ...]:
    """Every key of a recipe."""
    of_methods = [name for method in METHODS for name in method_keys(method)]
    return tuple(dict.fromkeys([*own_keys(), *of_methods, *training_keys()]))


def flat(recipe: Recipe) -> dict[str, Any]:
    """All of a recipe that can matter to what is learnt, by key."""
    own = {field.name: getattr(recipe, field.name) for field in fields(recipe)}
    aside = ("settings", "training", *NO_MATTER, *_NO_INFLUENCE)
    defaults = library_defaults()
    training = {name: recipe.training.get(name, defaults[name]) for name in training_keys()}
    whole = {**own, **recipe.settings, **training}
    return {name: value for name, value in whole.items() if name not in aside}


def differing(values: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Names of what is not the same in all cells; what only some methods have is a part of the method."""
    names = dict.fromkeys(name for each in values.values() for name in each)
    for name in names:
        held = [each[name] for each in values.values() if name in each]
        is_a_setting = len(held) < len(values)
        if not is_a_setting and any(value != held[0] for value in held):
            yield name
