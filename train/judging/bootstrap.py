"""Paired bootstrap of anything that is a function of means over items.

Systems that answered the same items stand side by side in the statistics' columns, so one draw of items serves them
all: a resample is a row of counts, all resamples are a product of matrices. Bounds are bias-corrected and accelerated
(BCa; Efron: Better bootstrap confidence intervals, 1987), since scores are ratios and skewed; the jackknife that they
need is one more call on an array.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from train.judging.intervals import UNKNOWN, Interval, anything

Array = npt.NDArray[np.float64]
Value = Callable[[Array], Array]
"""Of means over items, (…, k) -> (…,)."""

RESAMPLES = 10_000
CONFIDENCE = 0.95
_NORMAL = NormalDist()
_CHUNK = 1 << 22  # counts that are held at once


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval, and how often chance alone would show as much (two-sided, against 0)."""

    interval: Interval
    p: float
    effect: float
    """Mean over deviation of what each item adds (jackknife pseudo-values): Cohen's d of paired differences."""


def resampled_means(statistics: Array, *, seed: int, resamples: int = RESAMPLES) -> Array:
    """Means over items of every resample; shapes: (items, k) -> (resamples, k)."""
    items, width = statistics.shape
    if not items:
        return np.full((resamples, width), np.nan)
    generator = np.random.default_rng(seed)
    means = np.empty((resamples, width))
    rows = max(1, _CHUNK // items)
    for start in range(0, resamples, rows):
        stop = min(start + rows, resamples)
        drawn = generator.integers(0, items, (stop - start, items))
        drawn += np.arange(stop - start)[:, None] * items
        counts = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)
        means[start:stop] = counts.astype(np.float64) @ statistics
    means /= items
    return means


def estimate(statistics: Array, means: Array, value: Value, confidence: float = CONFIDENCE) -> Estimate:
    """Judge a value by the ``means`` of resamples of ``statistics``, both already cut to its columns."""
    items = len(statistics)
    observed = float(value(statistics.mean(axis=0))) if items else float("nan")
    if not np.isfinite(observed):
        return Estimate(UNKNOWN, float("nan"), float("nan"))
    if items < 2:
        return Estimate(anything(observed), 1.0, float("nan"))
    replicates = value(means)
    replicates = replicates[np.isfinite(replicates)]
    without = value((statistics.sum(axis=0) - statistics) / (items - 1))
    shift, acceleration = _shift(replicates, observed), _acceleration(without)
    tail = _NORMAL.inv_cdf((1 - confidence) / 2)
    quantiles = [_adjusted(shift, acceleration, z) for z in (tail, -tail)]
    low, high = np.quantile(replicates, quantiles)
    p = _p(replicates, shift, acceleration)
    return Estimate(Interval(observed, float(low), float(high)), p, _effect(without, observed))


def _share_below(replicates: Array, bound: float) -> float:
    """Kept off 0 and 1, which no finite number of resamples can tell."""
    share = ((replicates < bound).mean() + (replicates <= bound).mean()) / 2
    least = 1 / (len(replicates) + 1)
    return float(np.clip(share, least, 1 - least))


def _shift(replicates: Array, observed: float) -> float:
    return _NORMAL.inv_cdf(_share_below(replicates, observed))


def _acceleration(without: Array) -> float:
    deviations = np.nanmean(without) - without[np.isfinite(without)]
    spread = float((deviations**2).sum())
    return float((deviations**3).sum() / (6 * spread**1.5)) if spread > 0 else 0.0


def _adjusted(shift: float, acceleration: float, z: float) -> float:
    moved = shift + z
    return _NORMAL.cdf(shift + moved / (1 - acceleration * moved))


def _p(replicates: Array, shift: float, acceleration: float) -> float:
    """The confidence at which an end of the interval reaches 0, so that p and interval never disagree."""
    if np.ptp(replicates) == 0:
        return 1.0 if replicates[0] == 0 else 0.0
    moved = _NORMAL.inv_cdf(_share_below(replicates, 0.0)) - shift
    share = _NORMAL.cdf(moved / max(1 + acceleration * moved, 1e-9) - shift)
    return 2 * min(share, 1 - share)


def _effect(without: Array, observed: float) -> float:
    pseudo = len(without) * observed - (len(without) - 1) * without
    spread = float(np.std(pseudo, ddof=1))
    return float(pseudo.mean() / spread) if spread > 0 else float("nan")
