"""What an experiment found: its cells, its rows, what was claimed before it ran, and what the intervals say of that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from schemas.report import Difference, Estimate, Lang, Ratings, SystemScore

FORMAT = 1
"""Grows when the meaning of a field changes."""
Outcome = Literal["shown", "refuted", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellReport:
    """One training."""

    name: str
    run: str
    method: str
    dataset: str
    changed: Mapping[str, Any]
    """What this cell has of the keys that were changed."""
    facts: Mapping[str, float | None]
    """``effective_batch``, ``steps``, ``examples``, ``epochs``, ``tokens_seen``; ``loss``, ``seconds``,
    ``parameters_trained`` of the run."""
    loss: Sequence[Mapping[str, float]] = ()
    """Rows of the run's ``log.jsonl``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confound:
    """Something beside what was changed in which cells differ."""

    name: str
    values: Mapping[str, float | None]
    """By cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReport:
    """One way of answering the held-out items of one dataset."""

    name: str
    cell: str
    """``base`` is the untuned model."""
    dataset: str
    items: int
    max_source_length: int
    max_target_length: int
    history: Literal["kept", "removed"]
    cut: Mapping[str, float]
    """``prompt``, ``history``, ``answer`` -> share of items that did not fit."""
    scores: Sequence[SystemScore]
    differences: Sequence[Difference] = ()
    """Against the baseline row, over the same items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimReport:
    """One statement of success, made before anything ran."""

    metric: str
    row: str
    baseline: str
    dataset: str
    direction: Literal["more", "less"]
    margin: float
    items: int
    difference: Estimate
    """Row less baseline."""
    outcome: Outcome
    words: Mapping[Lang, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentReport:
    """In the order of a paper."""

    name: str
    question: Mapping[Lang, str]
    changed: Sequence[str]
    held_fixed: Sequence[str]
    model: str
    stands_for_itself: str
    """Empty, or why nothing here is about the 6B."""
    data: Mapping[str, Any]
    settings: Mapping[str, Any]
    cells: Sequence[CellReport]
    confounded: Sequence[Confound]
    rows: Sequence[RowReport]
    baseline: str
    ratings: Ratings
    rated: Sequence[str]
    """Row and baseline whose answers people compare."""
    claims: Sequence[ClaimReport]
    outcome: Outcome
    conclusion: Mapping[Lang, str]
    cost: Mapping[str, float]
    """Seconds of all trainings, of this call; items answered."""
    versions: Mapping[str, str]
    made: str
    device: str
    notes: Sequence[str] = field(default_factory=tuple)
