"""Would more data help? A power law through the losses of several sizes, and what it expects of twice the data.

loss(n) = level + drop · n^-rate. The rate is not known, so it is averaged over, each weighted by how well it fits
(log-uniform prior; level and gain have flat priors, the noise 1/σ: Bayesian linear regression given the rate). Hence no
starting values, no failures to converge, and few points make a wide interval rather than a sure one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from train.judging.intervals import Interval

Array = npt.NDArray[np.float64]

LEAST_SIZES = 5
LEAST_SEEDS = 2
_RATES = np.geomspace(0.05, 2.0, 60)
_DRAWS = 20_000


@dataclass(frozen=True, slots=True)
class Point:
    """A model trained on ``size`` examples, drawn with ``seed``, and its bits per character on held-out items."""

    size: int
    seed: int
    bits: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurve:
    """The rate that fits best, and what all rates together expect."""

    level: float
    drop: float
    rate: float
    largest: int
    doubling: Interval
    """Bits per character that twice the largest size would save."""

    def bits_at(self, sizes: Array) -> Array:
        return np.asarray(self.level + self.drop * sizes**-self.rate)


def is_enough(points: Sequence[Point]) -> bool:
    """At least five sizes, each with two seeds or more."""
    seeds: dict[int, set[int]] = {}
    for point in points:
        seeds.setdefault(point.size, set()).add(point.seed)
    return len(seeds) >= LEAST_SIZES and min(map(len, seeds.values())) >= LEAST_SEEDS


def fit_curve(points: Sequence[Point], *, seed: int) -> LearningCurve | None:
    """None if there are too few points to say anything."""
    if not is_enough(points) or not np.isfinite([point.bits for point in points]).all():
        return None
    sizes = np.array([point.size for point in points], dtype=np.float64)
    bits = np.array([point.bits for point in points])
    largest = float(sizes.max())
    fits = np.array([_fit(sizes / largest, bits, rate) for rate in _RATES])
    best = fits[np.argmax(fits[:, 0])]
    rate = float(_RATES[np.argmax(fits[:, 0])])
    return LearningCurve(
        level=float(best[1]),
        drop=float(best[2] * largest**rate / (1 - 2**-rate)),
        rate=rate,
        largest=int(largest),
        doubling=_doubling(fits, len(points), seed),
    )


def _fit(sizes: Array, bits: Array, rate: float) -> tuple[float, float, float, float]:
    """Log weight, level, gain of doubling and its standard error; sizes are shares of the largest."""
    columns = np.column_stack([np.ones_like(sizes), sizes**-rate / (1 - 2**-rate)])
    information = columns.T @ columns
    level, gain = np.linalg.solve(information, columns.T @ bits)
    freedom = len(bits) - 2
    squares = max(float(((bits - columns @ [level, gain]) ** 2).sum()), 1e-18 * float((bits**2).sum()) + 1e-300)
    weight = -0.5 * np.linalg.slogdet(information)[1] - freedom / 2 * np.log(squares)
    error = np.sqrt(squares / freedom * np.linalg.inv(information)[1, 1])
    return float(weight), float(level), float(gain), float(error)


def _doubling(fits: Array, points: int, seed: int) -> Interval:
    """Median and middle 95 % of the gains drawn from all rates."""
    generator = np.random.default_rng(seed)
    weights = np.exp(fits[:, 0] - fits[:, 0].max())
    chosen = fits[generator.choice(len(fits), _DRAWS, p=weights / weights.sum())]
    gains = chosen[:, 2] + chosen[:, 3] * generator.standard_t(points - 2, _DRAWS)
    low, middle, high = np.quantile(gains, [0.025, 0.5, 0.975])
    return Interval(float(middle), float(low), float(high))
