"""Values as a key's type wants them: flags and plain scalars of YAML arrive as text, those of Python callers do not."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from schemas.errors import OptionError
from train.recipe.reading import value_of

_TRUE = ("true", "yes", "on", "y", "t", "1")
_FALSE = ("false", "no", "off", "n", "f", "0")
_NOTHING = ("None", "null")
_WHOLE = re.compile(r"[+-]?\d[\d_]*")


class Unfitting(ValueError):
    """A value is not what its key wants; says what that would be."""


def typed(value: object, hint: object, choices: Sequence[str] = ()) -> Any:
    """The value as ``hint`` wants it, or else one of ``choices``; raises Unfitting."""
    kinds = alternatives(hint)
    if NoneType in kinds and (value is None or value in _NOTHING):
        return None
    if choices:
        return _chosen(value, choices)
    for kind in (each for each in _ORDER if each in map(_plain, kinds)):
        try:
            return _READERS[kind](value, next(each for each in kinds if _plain(each) is kind), kinds)
        except Unfitting:
            continue
    raise Unfitting(f"expected {expected(hint, choices)}")


def alternatives(hint: object) -> tuple[Any, ...]:
    """The types that a hint names; an enumeration is the texts that it allows."""
    if get_origin(hint) in (Union, UnionType):
        return tuple(kind for each in get_args(hint) for kind in alternatives(each))
    if get_origin(hint) is Literal:
        return tuple(dict.fromkeys(type(each) for each in get_args(hint)))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return (str,)
    return (hint,)


def choices_of(hint: object) -> tuple[str, ...]:
    """What an enumeration or a literal allows; empty where any text goes."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, Enum):
            return tuple(str(each.value) for each in kind)
    literals = [each for kind in kinds if get_origin(kind) is Literal for each in get_args(kind)]
    texts = tuple(each for each in literals if isinstance(each, str))
    return () if str in kinds else texts


def expected(hint: object, choices: Sequence[str] = ()) -> str:
    """What a hint allows, in words."""
    words = [f"one of: {', '.join(choices)}"] if choices else [_WORDS[_plain(kind)] for kind in alternatives(hint)]
    return " or ".join(dict.fromkeys(words))


def _plain(kind: Any) -> Any:
    origin = get_origin(kind) or kind
    if origin in _READERS or origin is NoneType:
        return origin
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return dict
    return list if isinstance(origin, type) and issubclass(origin, Sequence) and origin is not str else str


def _chosen(value: object, choices: Sequence[str]) -> str:
    text = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
    if not isinstance(text, str) or text not in choices:
        raise Unfitting(f"choose one of: {', '.join(choices)}")
    return text


def _truth(value: object, _: object = None, kinds: Sequence[object] = ()) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    words = (*_TRUE[:1], *_FALSE[:1]) if str in kinds else (*_TRUE, *_FALSE)
    if isinstance(value, str) and value.lower() in words:
        return value.lower() in _TRUE
    raise Unfitting


def _whole(value: object, *_: object) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    number = _number(value)
    if number != int(number):
        raise Unfitting
    return int(number)


def _number(value: object, *_: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Unfitting
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise Unfitting from None
    if not math.isfinite(number):
        raise Unfitting
    return number


def _text(value: object, *_: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Path, date)):
        raise Unfitting
    return str(value)


def _list(value: object, hint: object, _: object = None) -> Any:
    items = _written_out(value, "[")
    if isinstance(items, str):
        items = [items]
    if not isinstance(items, Sequence):
        raise Unfitting
    (inner, *_) = (*get_args(hint), str)
    read = [typed(item, inner if isinstance(inner, type) and not issubclass(inner, Enum) else str) for item in items]
    return tuple(read) if (get_origin(hint) or hint) is tuple else read


def _mapping(value: object, *_: object) -> dict[str, Any]:
    value = _written_out(value, "{")
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise Unfitting
    return dict(value)


def _written_out(value: object, bracket: str) -> Any:
    """What stands in brackets on a command line."""
    if not isinstance(value, str) or not value.lstrip().startswith(bracket):
        return value
    try:
        return value_of(value)
    except OptionError:
        raise Unfitting from None


_ORDER = (bool, int, float, dict, str, list, tuple)
"""In which kinds are tried: a text that is a number is a number, where a number is allowed."""
_READERS: Mapping[Any, Callable[[object, object, Sequence[object]], Any]] = {
    bool: _truth,
    int: _whole,
    float: _number,
    dict: _mapping,
    str: _text,
    list: _list,
    tuple: _list,
}
_WORDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    dict: "a mapping",
    str: "a text",
    list: "a list",
    tuple: "a list",
    NoneType: "nothing (None)",
}
