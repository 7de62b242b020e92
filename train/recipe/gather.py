"""What the layers of a recipe say: every name a key of today, every value of its key's type, later layers first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from train.methods.registry import METHODS
from train.recipe.gone import GONE
from train.recipe.keys import Key, current_name, method_keys, own_keys, training_keys
from train.recipe.names import INSTEAD, SAME, WORDS
from train.recipe.values import Unfitting, alternatives, typed

Layer = tuple[str, Mapping[str, Any]]
"""Where it comes from, as messages name it, and its keys with their values."""
Say = Callable[[str], None]
_MANY = 12
"""Choices above which a message names the nearest ones only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key that somebody gave."""

    where: str
    layer: int
    """Its number, from 0; the higher one counts."""
    given: str
    """The name that it was given by."""
    value: Any

    def __str__(self) -> str:
        return f"{self.where}: {self.given}"


def gathered(layers: Sequence[Layer], *, mistake: Say, note: Say) -> list[dict[str, Entry]]:
    """Of each layer its entries, by the names of today, their values as they were given."""
    return [_layer(number, where, given, mistake, note) for number, (where, given) in enumerate(layers)]


def folded(layers: Sequence[Mapping[str, Entry]]) -> dict[str, Entry]:
    """Of each key the last entry."""
    return {name: entry for layer in layers for name, entry in layer.items()}


def typed_entries(entries: Mapping[str, Entry], method: str, *, mistake: Say) -> dict[str, Entry]:
    """The entries whose values their keys can have."""
    fitting = {}
    for name, entry in entries.items():
        if entry.value is None and name in training_keys():  # as another transformers may have saved it
            continue
        try:
            fitting[name] = replace(entry, value=_typed(entry.value, _key(name, method)))
        except Unfitting as error:
            mistake(f"{entry} {shown(entry.value)}: {error}")
    return fitting


def shown(value: object) -> str:
    """A value in a message: short, and text in quotes."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _layer(number: int, where: str, given: Mapping[str, Any], mistake: Say, note: Say) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for spelling, value in given.items():
        origin = Entry(where=where, layer=number, given=str(spelling), value=value)
        for name, entry in _today(origin, mistake, note):
            other = entries.get(name)
            if other is not None and other.value != entry.value:
                mistake(
                    f"{where}: {other.given} and {entry.given} are one thing, with {shown(other.value)} and "
                    f"{shown(entry.value)}; keep one of them"
                )
            entries[name] = entry
    return entries


def _today(entry: Entry, mistake: Say, note: Say) -> Iterator[tuple[str, Entry]]:
    """What an entry is by its name of today: one key as a rule, none for what is ignored."""
    name = entry.given.replace("-", "_")
    entry = replace(entry, value=_word(name, entry.value))
    name = SAME.get(name, name)
    if name in GONE and not _is_key(name):
        yield from _gone(name, entry, mistake, note)
    elif _is_key(current_name(name)):
        yield current_name(name), replace(entry, value=_word(name, entry.value))
    elif _is_switch(name.removeprefix("no_")) and name.startswith("no_"):
        yield from _switched_off(name.removeprefix("no_"), entry, mistake)
    else:
        mistake(f"{entry}: {_unknown(name)}")


def _gone(name: str, entry: Entry, mistake: Say, note: Say) -> Iterator[tuple[str, Entry]]:
    gone = GONE[name]
    if gone.becomes is None:
        note(f"{entry} is ignored: {gone.why}")
        return
    try:
        value = typed(entry.value, gone.hint)
    except Unfitting as error:
        mistake(f"{entry} {shown(entry.value)}: {error}; it {gone.why}")
        return
    for key, becomes in gone.becomes(value).items():
        yield current_name(key), replace(entry, value=becomes)


def _switched_off(name: str, entry: Entry, mistake: Say) -> Iterator[tuple[str, Entry]]:
    try:
        yield name, replace(entry, value=not typed(entry.value, bool))
    except Unfitting as error:
        mistake(f"{entry} {shown(entry.value)}: {error}")


def _unknown(name: str) -> str:
    if name in INSTEAD:
        return f"no such key; {INSTEAD[name]}"
    methods = (key for method in METHODS for key in method_keys(method))
    today, other = dict.fromkeys([*own_keys(), *methods, *training_keys()]), [*SAME, *GONE]
    close = get_close_matches(name, today, n=2, cutoff=0.7) or get_close_matches(name, other, n=2, cutoff=0.7)
    return (
        f"no such key; did you mean {' or '.join(close)}?" if close else "no such key; prep recipes --keys lists them"
    )


def _typed(value: Any, key: Key) -> Any:
    try:
        read = typed(value, key.hint, key.choices)
    except Unfitting:
        if not key.choices or not isinstance(value, str):
            raise
        begun = [choice for choice in key.choices if value and choice.startswith(value)]
        close = begun[:3] or get_close_matches(value, key.choices, n=2, cutoff=0.6)
        if not close and len(key.choices) > _MANY:
            raise
        every = "" if len(key.choices) > _MANY else f"choose one of: {', '.join(key.choices)}"
        hint = f"did you mean {' or '.join(close)}?" if close else ""
        raise Unfitting(" ".join(filter(None, (hint, every)))) from None
    return _whole_steps(read) if key.name.endswith("_steps") else read


def _whole_steps(value: Any) -> Any:
    """Steps are typed as numbers, since those below 1 are a share of all steps."""
    return int(value) if isinstance(value, float) and value >= 1 and value == int(value) else value


def _word(name: str, value: Any) -> Any:
    return WORDS.get(name, {}).get(str(value), value) if isinstance(value, (str, int)) else value


def _is_key(name: str) -> bool:
    return name in own_keys() or name in training_keys() or any(name in method_keys(method) for method in METHODS)


def _key(name: str, method: str) -> Key:
    """Of a setting that several methods have, the one of ``method``."""
    if name in own_keys():
        return own_keys()[name]
    if name in training_keys():
        return training_keys()[name]
    owners = [each for each in (method, *METHODS) if each in METHODS and name in method_keys(each)]
    return method_keys(owners[0])[name]


def _is_switch(name: str) -> bool:
    return _is_key(name) and bool in alternatives(_key(name, "").hint)
