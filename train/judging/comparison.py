"""Two systems that answered the same items, compared by every metric with one draw of items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from train.judging.bootstrap import RESAMPLES, Array, Estimate, Value, estimate, resampled_means
from train.judging.intervals import Interval
from train.metrics.metric import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One metric of two systems, and what the difference is worth."""

    metric: str
    first: float
    second: float
    difference: Estimate
    """Second less first, in the metric's own unit."""
    share: Interval | None
    """The same as a share of the metric's scale; None where it has no upper end."""


def compare(
    metrics: Sequence[Metric],
    first: Mapping[str, Array],
    second: Mapping[str, Array],
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> dict[str, Comparison]:
    """By name of the metric; ``first`` and ``second`` hold its statistics of the same items."""
    sides = [np.hstack([first[metric.name], second[metric.name]]) for metric in metrics]
    if not sides:
        return {}
    ends = np.cumsum([side.shape[1] for side in sides])[:-1]
    means = np.hsplit(resampled_means(np.hstack(sides), seed=seed, resamples=resamples), ends)
    return {metric.name: _compared(metric, *found) for metric, *found in zip(metrics, sides, means, strict=True)}


def _compared(metric: Metric, statistics: Array, means: Array) -> Comparison:
    width = statistics.shape[1] // 2
    average = statistics.mean(axis=0)
    difference = estimate(statistics, means, _difference(metric.value, width))
    return Comparison(
        metric=metric.name,
        first=float(metric.value(average[:width])),
        second=float(metric.value(average[width:])),
        difference=difference,
        share=difference.interval / metric.scale if metric.scale else None,
    )


def _difference(value: Value, width: int) -> Value:
    return lambda means: value(means[..., width:]) - value(means[..., :width])


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjusted so that of all questions asked together, one is answered wrongly as rarely as one asked alone.

    Holm: A simple sequentially rejective multiple test procedure, 1979. A question without an answer (NaN) counts as 1.
    """
    ordered = sorted(p_values, key=lambda name: _certain(p_values[name]))
    adjusted: dict[str, float] = {}
    least = 0.0
    for rank, name in enumerate(ordered):
        least = max(least, min(1.0, (len(ordered) - rank) * _certain(p_values[name])))
        adjusted[name] = least
    return {name: adjusted[name] for name in p_values}


def _certain(p: float) -> float:
    return 1.0 if np.isnan(p) else p
