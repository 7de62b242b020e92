"""Whether a value from a recipe or a Python caller is of the kind that its option asks for."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pipeline.options import ConvertOptions
from pipeline.rules.rule import RuleOptions
from schemas.errors import OptionError
from schemas.limits import LengthLimits

_HINTS: Mapping[type, Mapping[str, Any]] = {
    kind: {field.name: get_type_hints(kind)[field.name] for field in fields(kind)}
    for kind in (ConvertOptions, RuleOptions, LengthLimits)
}
_KINDS: Mapping[object, tuple[str, Callable[[Any], bool]]] = {
    bool: ("true or false", lambda value: isinstance(value, bool)),
    int: ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    float: ("a number", lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)),
    str: ("text", lambda value: isinstance(value, (str, Path))),
}


def checked(option: str, value: object, kind: type, field: str) -> object:
    """The value as the field of the dataclass ``kind`` wants it; raises OptionError where it cannot be that."""
    hint = _HINTS[kind][field]
    kinds = [each for each in _alternatives(hint) if each is not NoneType]
    choices = [choice for each in kinds if get_origin(each) is Literal for choice in get_args(each)]
    if choices:
        if value in choices:
            return value
        raise OptionError(f"{_named(option)} {value!r}: choose one of: {', '.join(choices)}")
    if get_origin(kinds[0]) is tuple:
        return _texts(option, value)
    if kinds[0] not in _KINDS:
        return _mapping(option, value)
    expected, fits = _KINDS[kinds[0]]
    if not fits(value):
        raise OptionError(f"{_named(option)} {value!r}: expected {expected}")
    return kinds[0](value)  # type: ignore[operator]  # 5 is 5.0 where a number is asked for, a path is text


def _alternatives(hint: object) -> tuple[object, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _texts(option: str, value: object) -> tuple[str, ...]:
    """One text is a list of one."""
    listed = [value] if isinstance(value, (str, Path)) else value
    if not isinstance(listed, (list, tuple)) or not all(isinstance(each, (str, Path)) for each in listed):
        raise OptionError(f"{_named(option)} {value!r}: expected a list of files")
    return tuple(map(str, listed))


def _mapping(option: str, value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for pair in value.items() for text in pair):
        raise OptionError(f"{_named(option)} {value!r}: expected names of columns, e.g. content: 标题")
    return dict(value)


def _named(option: str) -> str:
    return f"--{option.replace('_', '-')}"
