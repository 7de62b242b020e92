"""What is known about a dataset's lengths, words and losses by truncation; shared by Python callers and ``--json``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import polars as pl

from schemas.limits import Unit
from schemas.records import Shape

Text = Literal["content", "summary", "turns", "history"]
"""``content`` and ``summary`` are the prompt and the response in both shapes; ``turns`` counts the earlier turns,
``history`` is the length of all their texts together."""
LengthUnit = Literal["chars", "words", "tokens", "turns"]

PERCENTILES = (5, 25, 50, 75, 95, 99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """How long one text of a split's records is. A percentile is the smallest length that at least so many per cent of
    the records do not exceed: always a length that occurs."""

    text: Text
    unit: LengthUnit
    count: int
    minimum: int
    p5: int
    p25: int
    p50: int
    p75: int
    p95: int
    p99: int
    maximum: int
    mean: float
    counts: Mapping[int, int] = field(repr=False)
    """Records of each length that occurs, shortest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceLimits:
    """A trainer's ``--max_source_length`` and ``--max_target_length``."""

    source: int
    target: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncationLosses:
    """How many records lose what at one pair of limits."""

    limits: SequenceLimits
    records: int
    answers_cut: int
    """Records that lose text of their answer."""
    questions_cut: int
    """Records that lose text of their (current) question, or all of it."""
    questions_gone: int
    """Records that lose all of it."""
    turns_cut: int
    """Records that lose text of an earlier turn."""
    lost_turns: int
    """Earlier turns, of all records together, that lose text."""


class TruncationRule(Protocol):
    """What an encoding cuts off. A model family's own ``encode`` may stand behind it."""

    @property
    def name(self) -> str:
        """Says whose rule it is and what it counts, for the head of the table."""
        ...

    @property
    def unit(self) -> Unit: ...

    def losses(self, records: pl.DataFrame, shape: Shape, limits: Sequence[SequenceLimits]) -> list[TruncationLosses]:
        """Losses among these records (columns ``prompt``, ``response``, ``history``) at each pair of limits."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitStatistics:
    """One file of a dataset."""

    name: str
    """``train``, ``dev`` or ``test``; the file's name for a lone file."""
    records: int
    lengths: tuple[Distribution, ...]
    """Empty for a split without records."""
    truncation: tuple[TruncationLosses, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """jieba's words in the contents and summaries of all splits that hold a letter or a Chinese character."""

    size: int
    """Different words."""
    occurrences: int
    top: Mapping[str, int]
    """The most frequent ones that are no stop words, most frequent first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetStatistics:
    """A dataset folder, or a file of records."""

    name: str
    path: str
    shape: Shape
    splits: tuple[SplitStatistics, ...]
    truncation_rule: str
    vocabulary: Vocabulary | None
    """None where words were not counted."""

    @property
    def records(self) -> int:
        return sum(split.records for split in self.splits)
