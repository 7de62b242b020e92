import numpy as np
import pytest

from train.judging.learning_curve import Point, fit_curve, is_enough

SIZES = (250, 500, 1000, 2000, 4000)


def _points(noise: float, seed: int, level: float = 1.5, drop: float = 6.0, rate: float = 0.35) -> list[Point]:
    generator = np.random.default_rng(seed)
    return [
        Point(size, draw, level + drop * size**-rate + float(generator.normal(0, noise)))
        for size in SIZES
        for draw in (0, 1)
    ]


def _truth(size: int, drop: float = 6.0, rate: float = 0.35) -> float:
    return drop * float(size**-rate - (2 * size) ** -rate)


def test_a_curve_without_noise_is_found_as_it_is() -> None:
    curve = fit_curve(_points(1e-6, seed=0), seed=0)

    assert curve is not None
    assert curve.largest == 4000
    assert curve.doubling.value == pytest.approx(_truth(4000), rel=0.05)
    assert curve.doubling.above(0)
    np.testing.assert_allclose(curve.bits_at(np.array(SIZES)), [1.5 + 6 * n**-0.35 for n in SIZES], rtol=0.01)


def test_19_of_20_intervals_hold_the_truth() -> None:
    curves = [fit_curve(_points(0.03, seed), seed=seed) for seed in range(200)]

    held = [curve.doubling.low <= _truth(4000) <= curve.doubling.high for curve in curves if curve]
    assert len(held) == 200
    assert np.mean(held) >= 0.9


def test_noise_is_seldom_taken_for_a_falling_curve() -> None:
    curves = [fit_curve(_points(0.05, seed, drop=0.0), seed=seed) for seed in range(200)]

    assert np.mean([curve.doubling.above(0) for curve in curves if curve]) <= 0.05


@pytest.mark.parametrize(
    "points",
    [
        [],
        _points(0.01, 0)[:8],
        [point for point in _points(0.01, 0) if point.seed == 0],
        [point for point in _points(0.01, 0) if point.size != 500 or point.seed == 0],
        [*_points(0.01, 0)[:-1], Point(4000, 1, float("nan"))],
    ],
    ids=["none", "four sizes", "one seed", "one seed of one size", "a training that failed"],
)
def test_too_few_points_say_nothing(points: list[Point]) -> None:
    assert fit_curve(points, seed=0) is None


def test_five_sizes_and_two_seeds_are_enough() -> None:
    assert is_enough(_points(0.01, 0))
