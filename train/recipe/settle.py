"""What the layers of a recipe mean together: whose settings count, which records, what is to be done."""

from collections.abc import Mapping, Sequence

from schemas.errors import OptionError
from train.methods.registry import METHODS, method_of
from train.recipe.gather import Entry, Say, shown
from train.recipe.keys import method_keys, own_keys, training_keys
from train.recipe.recipe import Recipe

FILES = ("train_file", "validation_file", "test_file")
COLUMNS = ("prompt_column", "response_column", "history_column")
DEEDS = ("do_train", "do_eval", "do_predict")


def settled_method(layers: Sequence[Mapping[str, Entry]], *, mistake: Say) -> str | None:
    """The method that the last layer with one names, whatever it calls it; None where there is no such method."""
    named = [layer["method"] for layer in layers if "method" in layer]
    return _method(named[-1], mistake) if named else Recipe().method


def without_the_others(
    entries: Mapping[str, Entry], layers: Sequence[Mapping[str, Entry]], method: str, *, mistake: Say, note: Say
) -> dict[str, Entry]:
    """Without settings of other methods: a lower layer may have them for the method that it had in mind, and its
    learning rate belongs to that method too; beside or above the method they are a mistake."""
    chosen = entries["method"].layer if "method" in entries else -1
    kept = dict(entries)
    for name, entry in entries.items():
        owners = [each for each in METHODS if name in method_keys(each)]
        if not owners or method in owners or name in own_keys() or name in training_keys():
            continue
        del kept[name]
        if entry.layer < chosen:
            note(f"{entry} is left out: it belongs to {' and '.join(owners)}, and the method is {method}")
        else:
            mistake(f"{entry} {shown(entry.value)}: belongs to {' and '.join(owners)}, and the method is {method}")
    return _without_its_rate(kept, layers, method, chosen, note)


def settled_data(entries: Mapping[str, Entry], *, mistake: Say, note: Say) -> dict[str, Entry]:
    """Either a dataset folder or files: the higher layer decides."""
    kept = dict(entries)
    dataset, files = entries.get("dataset"), [entries[name] for name in FILES if name in entries]
    given = [name for name in (*FILES, *COLUMNS) if name in entries and entries[name].value is not None]
    if dataset is None or dataset.value is None or not given:
        return kept
    highest = max((entry.layer for entry in files), default=-1)
    if dataset.layer > max(entries[name].layer for name in given):
        note(f"{dataset.where}: the dataset {dataset.value} takes the place of {', '.join(given)}")
        return {name: entry for name, entry in kept.items() if name not in (*FILES, *COLUMNS)}
    if highest > dataset.layer:
        note(f"{dataset} {dataset.value} is left out: files of records are given")
        return {name: entry for name, entry in kept.items() if name != "dataset"}
    mistake(f"{dataset} {dataset.value}: has its records and columns itself; leave out {', '.join(given)}")
    return kept


def settled_deeds(entries: Mapping[str, Entry], *, mistake: Say) -> dict[str, bool]:
    """``do_train`` and the like: where a layer asks for one of them, nothing that it or a higher layer does not ask for
    happens. As in transformers, a strategy of evaluation is a wish to evaluate."""
    asked = [entries[name].layer for name in DEEDS if name in entries and entries[name].value]
    last = max(asked, default=-1)
    deeds = {
        name: entries[name].value if name in entries and entries[name].layer >= last else _by_default(name, last)
        for name in DEEDS
    }
    strategy, wish = entries.get("eval_strategy"), entries.get("do_eval")
    if strategy is not None and strategy.value != "no" and (wish is None or wish.layer <= strategy.layer):
        if wish is not None and not wish.value and wish.layer == strategy.layer:
            mistake(f"{strategy} {strategy.value}: with do_eval false nothing is evaluated; keep one of them")
        deeds["do_eval"] = True
    if not any(deeds.values()):
        mistake("do_train, do_eval and do_predict are all false: there is nothing to do")
    return deeds


def _by_default(name: str, asked_in: int) -> bool:
    return bool(getattr(Recipe(), name)) if asked_in < 0 else False


def _without_its_rate(
    entries: dict[str, Entry], layers: Sequence[Mapping[str, Entry]], method: str, chosen: int, note: Say
) -> dict[str, Entry]:
    rate = entries.get("learning_rate")
    if rate is None or rate.layer >= chosen:
        return entries
    before = [layer["method"] for layer in layers[: rate.layer + 1] if "method" in layer]
    if not before or _method(before[-1], lambda _: None) == method:
        return entries
    note(f"{rate} {rate.value} is left out: it was for {before[-1].value}; {method} has its own")
    return {name: entry for name, entry in entries.items() if name != "learning_rate"}


def _method(entry: Entry, mistake: Say) -> str | None:
    try:
        return method_of(str(entry.value)).name
    except OptionError as error:
        mistake(f"{entry.where}: {error}")
        return None
