"""An experiment as its file states it; complete and checked once built."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from schemas.report import Lang
from train.recipe.gather import Layer

BASE = "base"
"""In place of a cell: the model without any training."""
History = Literal["kept", "removed"]
Direction = Literal["more", "less"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataChoice:
    """Which records are learnt and asked."""

    dataset: str
    train: int | None = None
    """A seeded sample of so many train records; without it all."""
    items: int = 1043
    """Held-out items, a seeded sample of ``test``, or all where there are not so many."""
    dialogues: bool = False
    """Only items with earlier turns are asked."""
    also: list[str]
    """Other datasets whose items are foreseen (bits per character), bare."""
    seed: int = 42


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChoice:
    """A row of the comparison: a cell, and how it is asked."""

    cell: str
    history: History = "kept"
    max_source_length: int | None = None
    """As in training without it."""
    max_target_length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """``row`` has more (or less) of the metric than ``baseline``, by more than ``margin``.

    A negative margin claims that it is not worse by more than that.
    """

    metric: str
    row: str
    baseline: str
    direction: Direction
    margin: float = 0.0
    on: str | None = None
    """A dataset; that of the experiment without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellChoice:
    """A training: layers of its recipe, lower ones first."""

    name: str
    dataset: str
    layers: Sequence[Layer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """All that is stated before anything runs."""

    name: str
    where: str
    question: Mapping[Lang, str]
    changed: Sequence[str]
    held_fixed: Sequence[str]
    success: Sequence[Claim]
    data: DataChoice
    cells: Sequence[CellChoice]
    rows: Mapping[str, RowChoice]
    metrics: Sequence[str]
    mixes: Mapping[str, Sequence[str]]
    """Name of a dataset -> what ``prep mix`` makes it of."""
    stated: Mapping[str, Any]
    """The file with what overrides it, for the report."""

    @property
    def baseline(self) -> str:
        """What every row is compared with."""
        return self.success[0].baseline
