"""A form: what a run is written as for others, and how they load it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from train.answer.load import Found

NATIVE = ("chatglm", "chatglm2", "chatglm3", "baichuan2")
"""Families that transformers itself does not know: our own classes for them come with ``import prep.models``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """A run, or an adapter of its own, that was found and is not loaded."""

    place: Path
    """As it was typed."""
    adapter: Path
    method: str
    found: Found
    target: Path
    """Where the export will lie."""

    @property
    def family(self) -> str:
        return self.found.base.family.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Raises OptionError for what this run cannot become, before anything is loaded."""

    name: str
    about: str
    write: Callable[[Tuned, Path], Sequence[str]]
    """Into an empty folder; the lines with which others load it."""
