"""Every metric of every way of answering, with intervals; and what tuning changes in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from schemas.report import Difference, Estimate, SystemScore
from train.judging.bootstrap import Array, estimate, resampled_means
from train.judging.comparison import Comparison, compare
from train.judging.intervals import Interval
from train.metrics.metric import Answers, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Of a bootstrap."""

    seed: int
    resamples: int


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What one way of answering gave: the statistics of its items, by metric."""

    answers: Answers
    statistics: Mapping[str, Array]


def scored(answers: Answers, metrics: Sequence[Metric]) -> Scored:
    """Metrics that need what these answers lack are left out."""
    able = [metric for metric in metrics if {*metric.needs} <= {*answers.measured}]
    return Scored(answers, {metric.name: metric.statistics(answers) for metric in able})


def system_scores(system: str, found: Scored, metrics: Sequence[Metric], draws: Draws) -> list[SystemScore]:
    able = [metric for metric in metrics if metric.name in found.statistics]
    sides = [found.statistics[metric.name] for metric in able]
    if not sides:
        return []
    ends = np.cumsum([side.shape[1] for side in sides])[:-1]
    means = np.hsplit(resampled_means(np.hstack(sides), seed=draws.seed, resamples=draws.resamples), ends)
    return [
        SystemScore(
            system=system,
            metric=metric.name,
            estimate=reported(estimate(side, resampled, metric.value).interval),
            signature=metric.signature(len(found.answers)),
        )
        for metric, side, resampled in zip(able, sides, means, strict=True)
    ]


def compared(tuned: Scored, other: Scored, metrics: Sequence[Metric], draws: Draws) -> dict[str, Comparison]:
    """By metric that both have: tuned less the other."""
    both = [metric for metric in metrics if metric.name in tuned.statistics and metric.name in other.statistics]
    return compare(both, other.statistics, tuned.statistics, seed=draws.seed, resamples=draws.resamples)


def differences(against: str, found: Mapping[str, Comparison], metrics: Sequence[Metric]) -> list[Difference]:
    """The effect is turned so that more is better; of a metric that is neither, it stands as it is."""
    better = {metric.name: metric.better for metric in metrics}
    return [
        Difference(
            metric=name,
            against=against,
            estimate=reported(comparison.difference.interval),
            effect=-comparison.difference.effect if better[name] == "less" else comparison.difference.effect,
            p=comparison.difference.p,
        )
        for name, comparison in found.items()
        if name in better
    ]


def per_character(
    columns: Mapping[str, Array], signs: Mapping[str, int], characters: Array, draws: Draws
) -> tuple[Estimate, float]:
    """A sum of bits per character with its interval, and how often chance alone would show as much."""
    weights = np.array([*(signs.get(name, 0) for name in columns)], dtype=np.float64)
    statistics = np.column_stack([np.column_stack([*columns.values()]) @ weights, characters])
    means = resampled_means(statistics, seed=draws.seed, resamples=draws.resamples)
    found = estimate(statistics, means, lambda of: of[..., 0] / of[..., 1])
    return reported(found.interval), found.p


def reported(interval: Interval) -> Estimate:
    """As a report holds it: no bounds where they say nothing."""
    known = isfinite(interval.low) and isfinite(interval.high)
    return Estimate(value=interval.value, low=interval.low if known else None, high=interval.high if known else None)
