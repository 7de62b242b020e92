"""Metrics that can be worked out by hand."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.train.metrics.answering import answers
from train.metrics.metric import Answers, score
from train.metrics.registry import METRICS


def _value(name: str, predictions: Sequence[str], references: Sequence[str]) -> float:
    return score(METRICS[name], answers(predictions, references)).value


def test_an_exact_match_forgives_widths_and_blanks_but_not_silence() -> None:
    assert _value("exact_match", ["ＡＢ１ ", "甲", "", "乙"], ["AB1", "乙", "", "乙"]) == 50


def test_length_is_compared_over_all_characters() -> None:
    assert _value("length_ratio", ["四个字呢", ""], ["两字", "六个字的参考"]) == 0.5


def test_blank_answers_are_empty() -> None:
    assert _value("empty", ["", " \n", "话", "话"], ["话"] * 4) == 50


def test_answers_that_the_limit_ended_are_cut_off() -> None:
    given = Answers(prompts=["", ""], references=["", ""], predictions=["", ""], cut=[True, False])

    assert score(METRICS["cut_off"], given).value == 50


def test_distinct_counts_different_words_of_all_answers_together() -> None:
    same = ["我来到北京"] * 10
    other = ["我来到北京", "他去了上海"]

    # three words, two pairs of words in every answer
    assert _value("distinct-1", same, same) == pytest.approx(100 * 3 / 30)
    assert _value("distinct-2", same, same) == pytest.approx(100 * 2 / 20)
    assert _value("distinct-2", other, other) == 100


def test_distinct_does_not_count_blanks() -> None:
    assert _value("distinct-1", ["北京\n\n北京"], [""]) == 50


def test_a_model_that_turns_in_circles_repeats_itself() -> None:
    circle, plain = "今天天气很好，" * 20, "今天天气很好，我们去公园里散步吧。"

    assert _value("repetition", [circle], [""]) == pytest.approx(100 * (1 - 7 / 133))
    assert _value("repetition", [plain], [""]) == 0
    assert _value("repetition", ["短"], [""]) == 0


def test_bits_are_summed_before_they_are_divided() -> None:
    given = Answers(
        prompts=["", ""],
        references=["甲" * 10, "乙"],
        predictions=["", ""],
        cut=[False, False],
        measured={"bits": [20.0, 13.0], "characters": [10.0, 1.0]},
    )

    assert score(METRICS["bits_per_character"], given).value == 3.0
    assert np.array_equal(METRICS["bits_per_character"].statistics(given), [[20, 10], [13, 1]])
