"""Frozen values as plain JSON and back. A number that JSON has no word for stands as text: ``nan``, ``inf``."""

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import MISSING, fields, is_dataclass
from pathlib import PurePath
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


def plain(value: object) -> Any:
    """Dictionaries, lists, texts and numbers."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if value is None or isinstance(value, (str, bool, int)):
        return value
    return _others(value)


def _others(value: object) -> Any:
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Set):
        return sorted(map(plain, value))
    if isinstance(value, Sequence):
        return [plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # arrays and numbers of numpy
        return plain(value.tolist())
    raise TypeError(f"no plain form of {type(value).__name__}")


def built(kind: Any, value: Any, place: str) -> Any:
    """The value of a type that ``plain`` was made of; sequences become tuples.

    Raises ValueError with the place of what does not fit.
    """
    origin = get_origin(kind)
    if kind is Any:
        return value
    if is_dataclass(kind):
        return _object(kind, value, place)
    if origin is None:
        return _atom(kind, value, place)
    return _compound(origin, get_args(kind), value, place)


def _compound(origin: Any, inside: tuple[Any, ...], value: Any, place: str) -> Any:
    if origin in (Union, UnionType):
        [some] = [each for each in inside if each is not NoneType]
        return None if value is None else built(some, value, place)
    if origin is Literal:
        return _one_of(inside, value, place)
    if origin is Mapping:
        given = _of(dict, value, place).items()
        return {built(inside[0], key, place): built(inside[1], of, f"{place}.{key}") for key, of in given}
    if origin is Sequence:
        given = enumerate(_of(list, value, place))
        return tuple(built(inside[0], each, f"{place}[{number}]") for number, each in given)
    raise TypeError(f"{place}: no values of {origin} are read")


def _object(kind: Any, value: Any, place: str) -> Any:
    hints, given = get_type_hints(kind), _of(dict, value, place)
    unknown = sorted(given.keys() - hints.keys())
    needed = {each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING}
    missing = sorted(needed - given.keys())
    if unknown or missing:
        raise ValueError(f"{place}: " + (f"no field {missing[0]}" if missing else f"unknown field {unknown[0]}"))
    return kind(**{name: built(hints[name], inner, f"{place}.{name}") for name, inner in given.items()})


def _atom(kind: Any, value: Any, place: str) -> Any:
    if kind is float and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        number = _number(float, value, place)
        return math.nan if math.isnan(number) else number
    if kind is int and isinstance(value, (int, str)) and not isinstance(value, bool):
        return _number(int, value, place)
    return _of(kind, value, place)


def _number(kind: Any, value: Any, place: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"{place}: {value!r} is no number") from None


def _one_of(choices: tuple[Any, ...], value: Any, place: str) -> Any:
    if value not in choices:
        raise ValueError(f"{place}: {value!r}; expected one of: {', '.join(map(str, choices))}")
    return value


def _of(kind: type, value: Any, place: str) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{place}: {value!r:.60}; expected {kind.__name__}")
    return value
