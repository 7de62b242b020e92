"""What is timed against the reference gives the reference's numbers."""

import numpy as np
import pytest

from benchmarks.metrics import bootstrap_lines, bootstrapped, made_up, official, ours, score_lines


def test_ours_and_the_reference_agree_on_answers_that_are_neither_right_nor_wrong() -> None:
    texts = made_up(12)

    found = ours(texts)

    assert found == pytest.approx(official(texts), abs=1e-9)
    assert all(20 < value < 95 for value in found)


def test_both_bootstraps_give_about_the_same_interval() -> None:
    here, scipys = bootstrapped(200, 2)

    assert np.array(here()) == pytest.approx(np.array(scipys()), abs=0.2)


def test_a_line_a_size_is_printed() -> None:
    assert [line.split(" | ")[0] for line in score_lines([8, 12], 1)][2:] == ["| 8", "| 12"]
    assert len([*bootstrap_lines([20], 1)]) == 4
