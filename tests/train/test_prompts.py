"""Answers are tidied as the official code does it."""

import json

from tests.golden_data import golden
from train.prompts import chatglm_rounds, tidy_chatglm, tidy_chatglm2


def test_answers_are_tidied_as_in_the_reference() -> None:
    cases = json.loads(golden("process_response.json").read_text(encoding="utf-8"))

    assert [tidy_chatglm(case["text"]) for case in cases] == [case["v1"] for case in cases]
    assert [tidy_chatglm2(case["text"]) for case in cases] == [case["v2"] for case in cases]


def test_marks_on_both_sides_of_a_character_become_full_width() -> None:
    assert tidy_chatglm("甲,乙,丙!?") == "甲，乙，丙！?"


def test_the_official_training_writes_rounds_even_around_a_first_question() -> None:
    assert chatglm_rounds("你好", []) == "[Round 0]\n问：你好\n答："
