"""YAML as recipes use it: plain scalars stay text until the type of their key is known.

So ``2e-2`` is a number, ``no`` a strategy and ``010`` a name, whatever YAML 1.1 makes of them.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from schemas.errors import OptionError

_NOTHING = ("", "~", "null", "Null", "NULL")
_TAG = "tag:yaml.org,2002:"
_TAGS = tuple(f"{_TAG}{name}" for name in ("bool", "float", "int", "map", "null", "seq", "str", "timestamp", "value"))
_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_LARGEST = 1 << 18
"""Bytes; a whole recipe has a few thousand."""


def read_layer(path: Path) -> dict[str, Any]:
    """Keys and values of a recipe; raises OptionError with the line of everything that is wrong with its form."""
    try:
        if path.stat().st_size > _LARGEST:
            raise OptionError(f"{path}: {path.stat().st_size:,} bytes; expected a recipe of a few kilobytes")
        return layer_of(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        raise OptionError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise OptionError(f"{path}: not UTF-8: {error.reason} at byte {error.start}; save it as UTF-8") from None


def layer_of(text: str, where: str) -> dict[str, Any]:
    """The same for a text that came from ``where``."""
    root = _composed(text, where)
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        line = root.start_mark.line + 1
        raise OptionError(f"{where}:{line}: expected keys and their values, e.g. pre_seq_len: 128")
    mistakes = [f"{where}:{node.start_mark.line + 1}: {what}" for node, what in _mistakes(root, set(), top=True)]
    if mistakes:
        raise OptionError("\n  ".join(mistakes))
    return {key.value: _value(value) for key, value in root.value}


def value_of(text: str) -> Any:
    """``{r: 8, use_dora: true}`` or ``[runs/a, runs/b]`` on a command line; raises OptionError."""
    return layer_of(f"value: {text}", text)["value"]


def _composed(text: str, where: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        what = ", ".join(filter(None, (error.context, error.problem)))
        raise OptionError(f"{where}{line}: not YAML: {what}") from None
    except yaml.YAMLError as error:
        raise OptionError(f"{where}: not YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise OptionError(f"{where}: nested too deeply; expected keys and their values") from None
    return node


def _mistakes(node: yaml.Node, seen: set[int], *, top: bool = False) -> Iterator[tuple[yaml.Node, str]]:
    """What a recipe does without: aliases could make it endless, tags could make it a program."""
    if id(node) in seen:
        yield node, "a value that stands elsewhere too (&name, *name); write it out there"
        return
    if node.tag not in _TAGS:
        yield node, f"a tag, {node.tag.replace(_TAG, '!!')}; expected plain values"
        return
    if isinstance(node, yaml.ScalarNode):
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield from _wrong_keys(node, top)
    values = (value for _, value in node.value) if isinstance(node, yaml.MappingNode) else node.value
    for value in values:
        yield from _mistakes(value, seen)


def _wrong_keys(node: yaml.MappingNode, top: bool) -> Iterator[tuple[yaml.Node, str]]:
    first: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == f"{_TAG}merge":
            yield key, "expected the name of a key"
            continue
        name = key.value.replace("-", "_") if top else key.value
        if name in first:
            yield key, f"{key.value} stands in line {first[name]} already; keep one of them"
        first.setdefault(name, key.start_mark.line + 1)


def _value(node: yaml.Node, *, inner: bool = False) -> Any:
    """Text, lists of text, nothing; inside a mapping, where no key has a type, what plain scalars look like."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _value(value, inner=True) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(each, inner=inner) for each in node.value]
    if not isinstance(node, yaml.ScalarNode) or node.style is not None:  # quoted
        return node.value
    if node.value in _NOTHING:
        return None
    return _natural(node.value) if inner else node.value


def _natural(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
