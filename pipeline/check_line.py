"""All that can be wrong with one line of a file of records."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from schemas.records import Shape

FIELDS: Mapping[Shape, tuple[str, ...]] = {"pair": ("content", "summary"), "chat": ("prompt", "response", "history")}
VISIBLE = r"[^\s\x1c-\x1f]"
r"""``\S`` of the declared JSON Schema, as Python reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong, and where."""

    kind: str
    line: int
    field: str | None
    what: str


def check_line(line: bytes, number: int, shape: Shape) -> list[Problem]:
    """Everything that is wrong with it; an empty list if nothing is."""
    if not line.strip():
        return [_of_line("blank_line", number, "a blank line; expected a JSON object")]
    try:
        value = json.loads(line.decode(), object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        return [
            _of_line("not_utf8", number, f"not UTF-8: byte {error.start + 1} of the line is {line[error.start]:02x}")
        ]
    except json.JSONDecodeError as error:
        return [_of_line("broken_line", number, f"no JSON: {error.msg} at character {error.pos + 1}")]
    except (ValueError, RecursionError) as error:
        return [_of_line("broken_line", number, f"no JSON: {error}")]
    expected = FIELDS[shape]
    if not isinstance(value, dict):
        what = f"{_kind(value)}; expected an object with {', '.join(expected)}"
        return [_of_line("broken_line", number, what)]
    what = f"unknown; expected {', '.join(expected)}"
    unknown = [("unknown_field", name, what) for name in value if name not in expected]
    found = [*filter(None, (_problem_of(name, value) for name in expected)), *unknown]
    return [Problem(kind=kind, line=number, field=name, what=what) for kind, name, what in found]


def _of_line(kind: str, number: int, what: str) -> Problem:
    return Problem(kind=kind, line=number, field=None, what=what)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"the field {twice} stands twice in one object")
    return dict(pairs)


def _problem_of(name: str, record: Mapping[str, object]) -> tuple[str, str, str] | None:
    if name not in record:
        return "missing_field", name, "missing; expected " + ("a list" if name == "history" else "text")
    value = record[name]
    if name == "history":
        wrong = _wrong_history(value)
        return None if wrong is None else ("bad_history", name, wrong)
    if not isinstance(value, str):
        return "wrong_type", name, f"{_kind(value)}; expected text"
    if _has_surrogate(value):
        return "broken_line", name, "half a character (a lone surrogate)"
    return None if re.search(VISIBLE, value) else ("empty_side", name, "empty; expected text")


def _wrong_history(history: object) -> str | None:
    if not isinstance(history, list):
        return f"{_kind(history)}; expected a list of [question, answer] pairs"
    for number, pair in enumerate(history, start=1):
        if not isinstance(pair, list) or len(pair) != 2:
            found = f"a list of {len(pair)}" if isinstance(pair, list) else _kind(pair)
            return f"turn {number} is {found}; expected a [question, answer] pair"
        if not all(isinstance(text, str) for text in pair):
            return (
                f"turn {number} holds {_kind(next(text for text in pair if not isinstance(text, str)))}; expected text"
            )
        if any(map(_has_surrogate, pair)):
            return f"turn {number} holds half a character (a lone surrogate)"
    return None


def _has_surrogate(text: str) -> bool:
    return re.search(r"[\ud800-\udfff]", text) is not None


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
