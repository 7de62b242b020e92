import numpy as np
import pytest
from scipy.stats import binomtest

from train.judging.ratings import Choice, cohen_kappa, fleiss_kappa, preference, wilson


@pytest.mark.parametrize(("wins", "decided"), [(0, 5), (5, 5), (7, 20), (61, 100), (1, 1)])
def test_the_interval_of_a_share_is_wilsons(wins: int, decided: int) -> None:
    found = wilson(wins, decided)

    expected = binomtest(wins, decided).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_items_are_won_by_the_majority_of_their_raters() -> None:
    ratings: list[list[Choice | None]] = [
        ["tuned", "tuned", "base"],
        ["tuned", "base", None],
        ["base", "base", "tie"],
        ["tie", "tie", "tuned"],
        [None, None, None],
    ]

    found = preference(ratings)

    assert (found.wins, found.losses, found.ties) == (2, 1, 1)
    assert found.rate.value == pytest.approx(2 / 3)


def test_nobody_rated_yet_is_no_preference() -> None:
    found = preference([[None], [None]])

    assert (found.wins, found.losses, found.ties, found.agreement, found.more) == (0, 0, 0, None, None)
    assert not found.rate.above(0.0)
    assert not found.rate.below(1.0)


def test_cohens_kappa_is_the_textbooks() -> None:
    # https://en.wikipedia.org/wiki/Cohen%27s_kappa, simple example: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15

    assert cohen_kappa(pairs) == pytest.approx(0.4)


def test_fleiss_kappa_is_the_textbooks() -> None:
    # https://en.wikipedia.org/wiki/Fleiss%27_kappa, worked example: 10 items, 14 raters, 5 categories
    table = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]

    items = [[str(kind) for kind, times in enumerate(row) for _ in range(times)] for row in table]

    assert fleiss_kappa(items) == pytest.approx(0.210, abs=5e-4)


def test_two_raters_are_told_apart_and_three_are_not() -> None:
    two: list[list[Choice | None]] = [["tuned", "tuned"], ["base", "tuned"], ["base", "base"], ["tie", None]]
    three: list[list[Choice | None]] = [["tuned", "tuned", "tuned"], ["base", "base", "base"]]

    assert preference(two).agreement == pytest.approx(cohen_kappa([("t", "t"), ("b", "t"), ("b", "b")]))
    assert preference(three).agreement == 1.0


def test_one_rater_agrees_with_nobody() -> None:
    alone: list[list[Choice | None]] = [["tuned"], ["base"]]

    assert preference(alone).agreement is None


def test_what_is_decided_needs_no_more_ratings() -> None:
    clear: list[list[Choice | None]] = [["tuned"]] * 18 + [["base"]] * 2

    assert preference(clear).more == 0


def test_an_even_vote_cannot_be_decided_by_more_of_the_same() -> None:
    even: list[list[Choice | None]] = [["tuned"], ["base"]] * 5

    assert preference(even).more is None


def test_as_many_more_ratings_as_advised_decide_it_four_times_in_five() -> None:
    ratings: list[list[Choice | None]] = [["tuned"]] * 18 + [["base"]] * 12 + [["tie"]] * 10
    generator = np.random.default_rng(0)

    more = preference(ratings).more

    assert more is not None
    assert more > 0
    decided = generator.binomial(more + 40, 30 / 40, 2000)
    wins = generator.binomial(decided, 18 / 30)
    power = np.mean([wilson(int(won), int(total)).above(0.5) for won, total in zip(wins, decided, strict=True)])
    assert 0.76 <= power <= 0.86
