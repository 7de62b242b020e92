"""What the pipeline asks of a model family: token counts, and what its encoding would cut (``prep stats``)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from schemas.limits import Unit
from schemas.records import Shape
from schemas.statistics import SequenceLimits, TruncationLosses

Losses = Callable[[pl.DataFrame, Sequence[SequenceLimits]], list[TruncationLosses]]


@dataclass(frozen=True, slots=True)
class FamilyCounter:
    """Fulfils ``schemas.limits.TokenCounter``."""

    name: str
    encode: Callable[[Sequence[str]], list[list[int]]]

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in self.encode(texts)]


@dataclass(frozen=True, slots=True)
class FamilyRule:
    """Fulfils ``schemas.statistics.TruncationRule`` with the losses that training itself reports."""

    name: str
    cut: Losses
    unit: Unit = "tokens"

    def losses(self, records: pl.DataFrame, shape: Shape, limits: Sequence[SequenceLimits]) -> list[TruncationLosses]:
        return self.cut(records.drop("history", strict=False) if shape == "pair" else records, limits)
