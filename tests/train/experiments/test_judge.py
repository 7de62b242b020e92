"""Statements of success are judged by the ends of intervals, never by estimates."""

import pytest

from train.experiments.experiment import Claim, Direction
from train.experiments.judge import outcome_of
from train.judging.intervals import Interval


def claim(direction: Direction, margin: float) -> Claim:
    return Claim(metric="ROUGE-L", row="a", baseline="b", direction=direction, margin=margin)


@pytest.mark.parametrize(
    ("direction", "margin", "low", "high", "outcome"),
    [
        ("more", 1, 1.1, 3, "shown"),
        ("more", 1, 0.9, 3, "undecided"),
        ("more", 1, -2, 0.9, "refuted"),
        ("less", 0.02, -0.5, -0.03, "shown"),
        ("less", 0.02, -0.5, -0.01, "undecided"),
        ("less", 0.02, -0.01, 0.4, "refuted"),
        ("less", -0.05, -0.1, 0.04, "shown"),
        ("less", -0.05, 0.06, 0.4, "refuted"),
        ("more", 0, float("nan"), float("nan"), "undecided"),
    ],
)
def test_outcomes_follow_from_the_interval(
    direction: Direction, margin: float, low: float, high: float, outcome: str
) -> None:
    found = Interval((low + high) / 2, low, high)

    assert outcome_of(found, claim(direction, margin), 100) == outcome
    assert outcome_of(found, claim(direction, margin), 99) == "undecided"
