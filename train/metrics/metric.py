"""What a metric is: statistics of each item, made once, and what their means over any resample of items say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

import numpy as np
import numpy.typing as npt

from schemas.words import cut_words

Array = npt.NDArray[np.float64]
Better = Literal["more", "less", "neither"]


@dataclass(frozen=True, kw_only=True)  # no slots: the words are cut once and kept
class Answers:
    """What was answered to the same items, in one order; all columns are of one length, or ValueError is raised."""

    prompts: Sequence[str]
    """All that the item tells the model: its content and earlier turns, without a preset's instruction."""
    references: Sequence[str]
    predictions: Sequence[str]
    cut: Sequence[bool]
    """Whether the answer was ended by the limit of its length rather than by itself."""
    measured: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """What only a model can tell of each item; a metric names the columns that it ``needs``."""

    def __post_init__(self) -> None:
        columns = (self.references, self.predictions, self.cut, *self.measured.values())
        if {len(column) for column in columns} != {len(self.prompts)}:
            raise ValueError(f"columns of {len(self.prompts)} and {[len(column) for column in columns]} items")

    def __len__(self) -> int:
        return len(self.prompts)

    @cached_property
    def reference_words(self) -> list[list[str]]:
        return cut_words(self.references)

    @cached_property
    def prediction_words(self) -> list[list[str]]:
        return cut_words(self.predictions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number about answers; a paired bootstrap costs a matrix product, however slow the metric itself is."""

    name: str
    about: str
    better: Better
    settings: str
    """What the number depends on beside the texts: ``tok:char|smooth:3|empty:0``."""
    statistics: Callable[[Answers], Array]
    """Shape: (items, k)."""
    value: Callable[[Array], Array]
    """Of means over items, (…, k) -> (…,); NaN where there was nothing to judge."""
    scale: float | None = 100.0
    """Differences divided by it are shares; None where the number has no upper end."""
    needs: tuple[str, ...] = ()
    """Columns of ``Answers.measured``."""

    def signature(self, items: int) -> str:
        """Two numbers compare where their signatures differ in nothing but ``n``."""
        return f"{self.name}|{self.settings}|n:{items}|prep:{_version()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A number and how it was made."""

    metric: str
    value: float
    signature: str
    better: Better
    counts: Mapping[str, int]
    """Items that are special: ``empty_predictions``, ``empty_references``, ``cut``."""

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.signature})"


def score(metric: Metric, answers: Answers) -> Score:
    """The same for the command line, Python callers and a training that evaluates itself."""
    means = metric.statistics(answers).mean(axis=0)
    return Score(
        metric=metric.name,
        value=float(metric.value(means)),
        signature=metric.signature(len(answers)),
        better=metric.better,
        counts={
            "empty_predictions": sum(map(is_blank, answers.predictions)),
            "empty_references": sum(map(is_blank, answers.references)),
            "cut": sum(answers.cut),
        },
    )


def is_blank(text: str) -> bool:
    return not text.strip()


def only_mean(means: Array) -> Array:
    """The value of a metric that is a plain mean over items."""
    return means[..., 0]


def ratio(means: Array, factor: float = 1.0) -> Array:
    """The value of a metric that is a sum over a sum; NaN where the second is 0."""
    above, below = means[..., 0], means[..., 1]
    return np.divide(factor * above, below, out=np.full_like(above, np.nan), where=below > 0)


def percent(means: Array) -> Array:
    return ratio(means, 100.0)


def _version() -> str:
    """Of the installed package, without its last part: numbers do not change with a correction of the docs."""
    try:
        return ".".join(version("prep-chatglm").split(".")[:2])
    except PackageNotFoundError:
        return "0"
