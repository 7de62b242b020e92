"""A method's settings from a mapping: names and types are checked, all mistakes are told together."""

import types
from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from schemas.errors import OptionError


def checked(kind: type[Any], values: Mapping[str, Any], *, whose: str) -> Any:
    """Build a dataclass; raises OptionError for names that it has not, and for values of another type."""
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]
    problems = [unknown(name, known) for name in values if name not in known]
    fitting: dict[str, Any] = {}
    for name in [name for name in values if name in known]:
        fitting[name] = _widened(values[name], hints[name])
        if not _fits(fitting[name], hints[name]):
            problems.append(f"{name} is {values[name]!r}, expected {_words(hints[name])}")
    if problems:
        raise OptionError(f"{whose}: {'; '.join(problems)}")
    return kind(**fitting)


def unknown(name: str, known: list[str], *, what: str = "setting") -> str:
    """What to say about a name that is none of those known."""
    close = get_close_matches(name, known, n=2, cutoff=0.6)
    return f"no {what} {name!r}; " + (
        f"did you mean {' or '.join(close)}?" if close else f"known are {', '.join(sorted(known))}"
    )


def at_least(minimum: float, **values: float) -> None:
    """Raises OptionError for the first value that is smaller."""
    for name, value in values.items():
        if value < minimum:
            raise OptionError(f"{name} is {value}; expected at least {minimum}")


def share(**values: float) -> None:
    """Raises OptionError for the first value that is no probability below one."""
    for name, value in values.items():
        if not 0 <= value < 1:
            raise OptionError(f"{name} is {value}; expected 0 or more, and less than 1")


def _widened(value: Any, hint: Any) -> Any:
    """What YAML writes otherwise: 1 for 1.0, a list for a tuple."""
    options = (hint, *get_args(hint))
    if isinstance(value, list) and any(get_origin(option) is tuple for option in options):
        return tuple(value)
    if type(value) is int and float in options and int not in options:
        return float(value)
    return value


def _fits(value: Any, hint: Any) -> bool:
    origin = get_origin(hint)
    if hint is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, option) for option in get_args(hint))
    if origin is Literal:
        return value in get_args(hint)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(item, get_args(hint)[0]) for item in value)
    if hint in (int, float):
        return isinstance(value, hint) and not isinstance(value, bool)
    return isinstance(value, origin or hint)


def _words(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return f"one of: {', '.join(map(str, get_args(hint)))}"
    plain = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", type(None): "nothing"}
    if hint in plain:
        return plain[hint]
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(_words(option) for option in get_args(hint))
    return "a list" if get_origin(hint) is tuple else "a mapping"
