"""Flags as the argument parser of transformers 4.27 took them: ``--fp16``, ``--fp16 False``, ``--lr=2e-2``, lists."""

from collections.abc import Sequence
from typing import Any

from schemas.errors import OptionError


def parse_flags(args: Sequence[str]) -> dict[str, Any]:
    """Keys with their values, as text: types come later. A flag alone is true, several values are a list, and of a
    flag that is given twice the last one counts. Raises OptionError for what belongs to no flag."""
    given: dict[str, Any] = {}
    values: list[str] | None = None
    name = ""
    for argument in args:
        if argument.startswith("--") and len(argument) > 2:
            name, equals, value = argument[2:].partition("=")
            values = [value] if equals else []
            given[_key(name)] = value if equals else True
        elif values is None:
            raise OptionError(f"{argument}: belongs to no flag; expected one such as --max_steps 3000")
        else:
            values.append(argument)
            given[_key(name)] = values[0] if len(values) == 1 else list(values)
    return given


def parse_pairs(pairs: Sequence[str]) -> dict[str, Any]:
    """``--set key=value``, repeatable; raises OptionError for one without ``=``."""
    given: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise OptionError(f"--set {pair}: expected key=value, e.g. --set pre_seq_len=64")
        given[_key(name.strip())] = value.strip()
    return given


def _key(name: str) -> str:
    return name.replace("-", "_")
