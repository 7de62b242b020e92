"""Answers that are empty or say one thing over and over are told from short and from merely repetitive ones."""

import pytest

from train.callbacks.answers import ills, is_repeating

LOOPS = [
    "的" * 64,
    "的，" * 32,
    "根据合同法的规定，" * 8,
    "好的。根据合同法的规定，" + "应当承担责任。" * 12,
    "abcabcabcabcabcabcab",
    "<unk>" * 20,
    "1. 是的\n" * 10,
]
FINE = [
    "",
    "好",
    "哈哈哈哈",
    "……………………",
    "本发明公开了一种检测装置，包括第一个壳体和第七个传感器。",
    "一、甲方应当付款；二、乙方应当交货；三、双方应当保密；四、违约方应当赔偿。",
    "这个问题" + "很" * 10 + "重要，但是需要结合具体的证据和合同的约定来看，不能一概而论，建议咨询当地的律师。",
]


@pytest.mark.parametrize("answer", LOOPS)
def test_a_loop_is_found(answer: str) -> None:
    assert is_repeating(answer)


@pytest.mark.parametrize("answer", FINE)
def test_an_answer_is_no_loop(answer: str) -> None:
    assert not is_repeating(answer)


def test_answers_are_useless_where_each_is_empty_or_a_loop() -> None:
    assert ills(["", LOOPS[0]]).all_useless
    assert not ills(["", LOOPS[0]]).all_empty
    assert ills(["", " \n"]).all_empty
    assert not ills([LOOPS[0], FINE[-1]]).all_useless


def test_no_answers_are_no_ill() -> None:
    assert not ills([]).all_useless
    assert not ills([]).all_empty


def test_the_search_for_loops_is_quick_in_long_answers() -> None:
    assert not is_repeating("".join(chr(0x4E00 + number * 7 % 20000) for number in range(5000)))
