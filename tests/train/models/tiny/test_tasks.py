"""Tasks of pre-training: answers that stand in their questions, ever new, and the same again for the same seed."""

from collections.abc import Callable
from random import Random

import pytest

from train.models.tiny.tasks import TASKS, Task, Texts, finish, next_task

SAMPLES = ["春分是二十四节气之一，属于春季。\n民间有竖鸡蛋的习俗。", "一种鱼缸的换水装置", "bridge 的中文", "第264条"]
MADE_UP = sorted(set(TASKS) - {finish}, key=TASKS.index)


def texts(seed: int = 0) -> Texts:
    return Texts(SAMPLES, Random(seed))


def tasks(count: int, seed: int = 0) -> list[Task]:
    drawn = texts(seed)
    return [next_task(drawn) for _ in range(count)]


def test_the_same_seed_makes_the_same_tasks() -> None:
    assert tasks(50) == tasks(50)
    assert tasks(50) != tasks(50, seed=1)


@pytest.mark.parametrize("made", MADE_UP, ids=lambda made: made.__name__)
def test_what_a_made_up_answer_tells_stands_in_its_question(made: Callable[[Texts], Task]) -> None:
    drawn = texts()

    for _ in range(100):
        question, answer = made(drawn)

        assert set(answer) <= set(question) | set("是为属于有用的和，。：、")


def test_a_sentence_is_finished_as_it_stands_in_its_text() -> None:
    drawn = texts()

    for _ in range(100):
        question, answer = finish(drawn)

        assert question
        assert answer
        assert any(question + answer in text for text in SAMPLES)
        assert "\n" not in question + answer


def test_words_are_pieces_of_the_texts() -> None:
    drawn = texts()

    found = {drawn.word() for _ in range(300)}

    assert all(any(word in text for text in SAMPLES) for word in found)
    assert {len(word) for word in found} == {1, 2, 3, 4}
    assert any(word.isascii() for word in found)
