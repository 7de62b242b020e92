"""The bootstrap against scipy's, and against what is known without one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import bootstrap as library_bootstrap
from scipy.stats import ttest_rel

from train.judging import bootstrap
from train.judging.bootstrap import Array, Estimate, estimate, resampled_means

Value = Callable[[Array], Array]

RATIO_OF_MEANS: Value = lambda means: means[..., 1] / means[..., 0]  # noqa: E731 (a table of values)
DIFFERENCE: Value = lambda means: means[..., 1] - means[..., 0]  # noqa: E731


def _skewed(items: int, seed: int) -> Array:
    """Base and tuned bits of the same items: long-tailed, and alike."""
    generator = np.random.default_rng(seed)
    base = generator.gamma(1.0, 2.0, items)
    return np.column_stack([base, 0.9 * base + generator.gamma(0.5, 0.4, items) - 0.2])


def _estimate(statistics: Array, value: Value, seed: int = 0, resamples: int = 10_000) -> Estimate:
    return estimate(statistics, resampled_means(statistics, seed=seed, resamples=resamples), value)


@pytest.mark.parametrize("value", [DIFFERENCE, RATIO_OF_MEANS], ids=["difference", "ratio"])
@pytest.mark.parametrize("items", [40, 300])
def test_bounds_are_scipys(value: Value, items: int) -> None:
    statistics = _skewed(items, seed=items)

    found = _estimate(statistics, value).interval

    def of_columns(first: Any, second: Any, axis: int = -1) -> Any:
        return value(np.stack([first.mean(axis), second.mean(axis)], axis=-1))

    expected = library_bootstrap(
        (statistics[:, 0], statistics[:, 1]),
        of_columns,
        paired=True,
        n_resamples=10_000,
        batch=1_000,
        method="BCa",
        rng=np.random.default_rng(0),  # from which scipy draws the same items as we do
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_bounds_of_other_draws_differ_by_noise_only() -> None:
    statistics = _skewed(300, seed=300)

    bounds = np.array(
        [(found.low, found.high) for found in (_estimate(statistics, DIFFERENCE, n).interval for n in range(5))]
    )

    width = bounds[:, 1].mean() - bounds[:, 0].mean()
    assert (np.ptp(bounds, axis=0) < 0.05 * width).all()


def test_resamples_are_the_same_in_chunks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    statistics = _skewed(33, seed=1)
    whole = resampled_means(statistics, seed=5, resamples=200)
    monkeypatch.setattr(bootstrap, "_CHUNK", 7 * 33)

    chunked = resampled_means(statistics, seed=5, resamples=200)

    np.testing.assert_allclose(chunked, whole, rtol=1e-12)


def test_the_seed_decides_the_resamples() -> None:
    statistics = _skewed(50, seed=2)

    first, same, other = (_estimate(statistics, DIFFERENCE, seed, 500) for seed in (1, 1, 2))

    assert first == same
    assert first != other


def test_the_effect_of_paired_differences_is_cohens_d() -> None:
    statistics = _skewed(200, seed=3)
    differences = statistics[:, 1] - statistics[:, 0]

    found = _estimate(statistics, DIFFERENCE, resamples=100)

    assert found.effect == pytest.approx(differences.mean() / differences.std(ddof=1))


def test_p_is_near_the_t_tests_where_that_holds() -> None:
    generator = np.random.default_rng(4)
    base = generator.normal(0, 1, 500)
    statistics = np.column_stack([base, base + generator.normal(0.1, 1, 500)])

    found = _estimate(statistics, DIFFERENCE)

    assert found.p == pytest.approx(ttest_rel(statistics[:, 1], statistics[:, 0]).pvalue, abs=0.01)


@pytest.mark.parametrize("seed", range(4))
def test_p_is_the_confidence_at_which_the_interval_ends_at_nought(seed: int) -> None:
    generator = np.random.default_rng(seed)
    base = generator.gamma(1.0, 2.0, 60)
    statistics = np.column_stack([base, base + generator.gamma(0.3, 1.0, 60) - 0.2])
    means = resampled_means(statistics, seed=seed)

    p = estimate(statistics, means, DIFFERENCE).p

    found = estimate(statistics, means, DIFFERENCE, confidence=1 - p).interval
    assert min(abs(found.low), abs(found.high)) < 0.01 * (found.high - found.low)


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.1, 0.12, 0.15, 0.2])
def test_p_and_interval_never_disagree(shift: float) -> None:
    statistics = _skewed(100, seed=6)
    statistics[:, 1] = statistics[:, 0] + shift + np.random.default_rng(1).normal(0, 0.6, 100)

    found = _estimate(statistics, DIFFERENCE)

    shown = found.interval.above(0) or found.interval.below(0)
    assert shown == (found.p < 0.05)


def test_19_of_20_intervals_hold_the_truth() -> None:
    truth = 0.9 + (0.5 * 0.4 - 0.2) / 2.0

    found = [_estimate(_skewed(150, seed), RATIO_OF_MEANS, resamples=600).interval for seed in range(400)]

    share = np.mean([interval.low <= truth <= interval.high for interval in found])
    assert 0.92 <= share <= 0.98


def test_one_item_says_nothing_about_the_next() -> None:
    found = _estimate(np.array([[1.0, 2.0]]), DIFFERENCE, resamples=10)

    assert (found.interval.value, found.interval.low, found.interval.high) == (1.0, -np.inf, np.inf)
    assert found.p == 1.0


def test_no_items_are_shown_to_be_nothing() -> None:
    found = _estimate(np.empty((0, 2)), DIFFERENCE, resamples=10)

    assert np.isnan(found.interval.value)
    assert not found.interval.above(-1e9)
    assert not found.interval.below(1e9)


def test_systems_that_never_differ_are_equal_for_certain() -> None:
    statistics = np.repeat(np.arange(30.0)[:, None], 2, axis=1)

    found = _estimate(statistics, DIFFERENCE, resamples=100)

    assert found.interval.within(1e-12)
    assert found.p == 1.0
