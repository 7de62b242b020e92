"""What an evaluation found: every number with how it was made. ``report.json`` holds it, pages are drawn from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

REPORT, MARKDOWN, PAGE = "report.json", "report.md", "report.html"
FORMAT = 1
"""Grows when the meaning of a field changes."""

Verdict = Literal[
    "suitable",
    "style only",
    "prompting is enough",
    "retrieval is better",
    "needs more data",
    "not suitable",
    "harmful",
    "undecided",
]
Lang = Literal["zh", "en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its 95 % interval; the bounds are None where it has none."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemScore:
    """One metric of one way of answering."""

    system: str
    """``tuned``, ``base: bare``, ``base: legal`` (a prompt preset), ``base: 3 examples``, ``copy``, ``retrieval``."""
    metric: str
    estimate: Estimate
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Tuned minus another system, paired over the same items."""

    metric: str
    against: str
    estimate: Estimate
    effect: float
    """Paired, in standard deviations; more is better whatever the metric's direction."""
    p: float
    p_holm: float | None = None
    """Over the domains of the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurve:
    """Held-out bits per character over the number of training examples."""

    sizes: Sequence[int] = ()
    bits: Sequence[Sequence[float]] = ()
    """Of each size, one value a seed."""
    fitted: Sequence[float] = ()
    gain_of_twice: Estimate | None = None
    """Bits per character that twice the data would save; None is *undecided*."""
    reason: str = ""
    """Why it is undecided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Answers to one item, side by side."""

    kind: Literal["best", "worst", "median"]
    prompt: str
    reference: str
    base: str
    tuned: str
    gain: float
    """Bits per character that tuning saves on the reference."""
    record: str
    """``test:17``: what ``prep explain`` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings:
    """What people said of base and tuned answers, blind."""

    judgements: int = 0
    raters: int = 0
    wins: Estimate | None = None
    """Share of the items on which most raters prefer the tuned answer, among those that are no ties."""
    kappa: float | None = None
    """Cohen's of two raters, Fleiss' of more; None where nobody rated the same items."""
    more_needed: int | None = None
    """Further items that would decide it four times in five; 0 if decided, None if nobody can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainReport:
    """One dataset: is it worth tuning on?"""

    dataset: str
    domain: str
    items: int
    run: str
    method: str
    verdict: Verdict
    reasons: Mapping[Lang, str]
    advice: Mapping[Lang, str]
    best_base: str
    """The base's way of asking that was best on dev."""
    scores: Sequence[SystemScore]
    differences: Sequence[Difference]
    gain: Estimate
    """Bits per character saved with each item's own prompt, against the best base."""
    style: Estimate
    """The same with another item's prompt in its place: what has nothing to do with the content."""
    content: Estimate
    """The rest."""
    forgotten: Mapping[str, Estimate] = field(default_factory=dict)
    """Other dataset -> bits per character lost there; negative is a gain."""
    curve: LearningCurve = LearningCurve()
    cut: Mapping[str, float] = field(default_factory=dict)
    """``prompt``, ``history``, ``answer`` -> share of items that did not fit."""
    cut_scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Metric -> ``whole`` and ``cut``: the tuned model's score on either kind of items."""
    loss: Sequence[Mapping[str, float]] = ()
    """Rows of the run's ``log.jsonl``."""
    lengths: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    """``content``, ``summary`` -> characters -> records."""
    examples: Sequence[Example] = ()
    ratings: Ratings = Ratings()
    untried: Mapping[str, int] = field(default_factory=dict)
    """Way to ask the base that left no room for a question within the limits -> tokens of its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Bits per character of every tuned model on every dataset; the first row of each base is untuned."""

    rows: Sequence[str]
    columns: Sequence[str]
    bits: Sequence[Sequence[Estimate | None]]
    """None where the budget ended before."""
    change: Sequence[Sequence[Estimate | None]]
    """Against the base; positive is forgotten, and nothing stands in the rows that are untuned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitabilityReport:
    """Of one dataset (``prep evaluate``) or of several (``prep suitability``)."""

    model: str
    stands_for_itself: str
    """Empty, or why nothing here is about the 6B: the model is tiny, or its weights are random."""
    domains: Sequence[DomainReport]
    matrix: Matrix | None
    settings: Mapping[str, Any]
    """Everything that the numbers depend on: seeds, resamples, limits, sampling, thresholds."""
    versions: Mapping[str, str]
    made: str
    """Date and time, ISO 8601."""
    seconds: float
    device: str
