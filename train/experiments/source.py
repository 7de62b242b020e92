"""The text of an experiment: values with the lines where they stand, and what is put in their place for a try."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from schemas.errors import OptionError
from train.recipe.reading import layer_of

SECTIONS = ("question", "changed", "held_fixed", "success", "data", "recipe", "cells", "rows", "mixes", "metrics")
_NAMED = ("cells", "rows", "mixes")
"""Sections of named things: an override may change one, not add one."""
Path_ = tuple[str, ...]


@dataclass(slots=True)
class Source:
    """Values by section; mistakes are gathered, so that all are told together."""

    where: str
    values: dict[str, Any]
    lines: Mapping[Path_, int]
    overridden: set[Path_] = field(default_factory=set)
    mistakes: list[str] = field(default_factory=list)

    def place(self, *path: str) -> str:
        """``legal.yaml:12``; of a key that stands nowhere the line of what it belongs to."""
        if path in self.overridden:
            return f"--set {'.'.join(path)}"
        known = next((path[:end] for end in range(len(path), 0, -1) if path[:end] in self.lines), None)
        return f"{self.where}:{self.lines[known]}" if known else self.where

    def mistake(self, what: str, *path: str) -> None:
        self.mistakes.append(f"{self.place(*path)}: {what}")

    def section(self, name: str) -> dict[str, Any]:
        """An empty one where it is missing or no mapping, which is said."""
        value = self.values.get(name) or {}
        if isinstance(value, Mapping):
            return dict(value)
        self.mistake(f"{name}: expected keys and their values", name)
        return {}

    def require(self) -> None:
        """Raises OptionError with every mistake."""
        refuse(self.mistakes, "loaded")


def refuse(mistakes: Sequence[str], done: str) -> None:
    """Raises OptionError where there are any: each once, one a line."""
    found = list(dict.fromkeys(mistakes))
    if found:
        several = f"{len(found)} mistakes in the experiment, nothing was {done}:"
        raise OptionError("\n  ".join([several, *found] if len(found) > 1 else found))


def read_source(path: Path, pairs: Sequence[str] = ()) -> Source:
    """Raises OptionError with the line of everything that is wrong with the form."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise OptionError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise OptionError(f"{path}: not UTF-8: {error.reason} at byte {error.start}; save it as UTF-8") from None
    source = Source(where=str(path), values=layer_of(text, str(path)), lines=_lines(text))
    for pair in pairs:
        _override(source, pair)
    for name in source.values:
        if name not in SECTIONS:
            source.mistake(f"{name}: no such key; {nearest(name, SECTIONS)}", name)
    return source


def nearest(name: str, known: Sequence[str]) -> str:
    """``did you mean cells?``, or all there are."""
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"


def _lines(text: str) -> dict[Path_, int]:
    found: dict[Path_, int] = {}

    def walk(node: yaml.Node | None, path: Path_) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                name = key.value if path else key.value.replace("-", "_")
                found[(*path, name)] = key.start_mark.line + 1
                walk(value, (*path, name))
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                found[(*path, str(number))] = value.start_mark.line + 1
                walk(value, (*path, str(number)))

    walk(yaml.compose(text, Loader=yaml.SafeLoader), ())
    return found


def _override(source: Source, pair: str) -> None:
    """``max_steps=2`` is of the recipe, ``data.train=64`` and ``cells.long.max_source_length=48`` of their sections."""
    name, equals, text = pair.partition("=")
    if not equals or not name.strip():
        raise OptionError(f"--set {pair}: expected KEY=VALUE, e.g. --set max_steps=100 or --set data.train=500")
    path = tuple(name.strip().split("."))
    path = path if path[0] in SECTIONS else ("recipe", *path)
    value = layer_of(f"a:\n  b: {text.strip()}", f"--set {pair}")["a"]["b"]
    held: Any = source.values
    for depth, part in enumerate(path[:-1]):
        if depth == 1 and path[0] in _NAMED and part not in held:
            source.mistakes.append(f"--set {pair}: no {part!r} in {path[0]}; {nearest(part, [*held])}")
            return
        held = _inside(held, part)
        if held is None:
            source.mistakes.append(f"--set {pair}: {'.'.join(path[: depth + 1])} has no keys of its own")
            return
    source.overridden.add(path)
    held[path[-1]] = value


def _inside(held: dict[str, Any], part: str) -> dict[str, Any] | None:
    inner = held.setdefault(part, {})
    if inner is None:
        held[part] = inner = {}
    return inner if isinstance(inner, dict) else None
