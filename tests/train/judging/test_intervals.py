from math import inf, nan

import pytest

from train.judging.intervals import UNKNOWN, Interval, anything


def test_only_what_the_whole_interval_says_is_shown() -> None:
    interval = Interval(0.5, 0.2, 0.8)

    assert interval.above(0.1)
    assert not interval.above(0.2)
    assert interval.below(0.9)
    assert not interval.below(0.8)
    assert interval.within(1)
    assert not interval.within(0.5)


@pytest.mark.parametrize("nothing", [UNKNOWN, anything(3.0), Interval(1, nan, nan)])
def test_what_is_not_known_shows_nothing(nothing: Interval) -> None:
    assert not nothing.above(-1e9)
    assert not nothing.below(1e9)
    assert not nothing.within(inf)


def test_the_other_way_round_the_ends_change_places() -> None:
    assert -Interval(1, -2, 3) == Interval(-1, -3, 2)
    assert Interval(10, -20, 30) / 100 == Interval(0.1, -0.2, 0.3)
