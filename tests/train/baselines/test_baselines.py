"""Retrieval, few-shot histories, copies and dealt-out texts."""

import random
from collections.abc import Sequence
from math import log

import numpy as np
import pytest

from schemas.words import cut_words
from train.baselines.copying import copied
from train.baselines.dealing import another, any_of
from train.baselines.few_shot import Pair, shots
from train.baselines.retrieval import Search, retrieved

QUESTIONS = [
    "公司拖欠工资怎么办",
    "离婚以后孩子归谁抚养",
    "房东不退押金怎么办",
    "交通事故对方全责不赔钱",
    "借钱不还只有转账记录",
]
ANSWERS = ["申请劳动仲裁", "看谁抚养更有利于孩子", "起诉房东", "找保险公司", "转账记录也是证据"]


def test_a_question_that_is_nearly_in_the_training_set_gets_its_answer() -> None:
    asked = ["公司拖欠了我的工资，该怎么办？", "请问离婚后孩子归谁？", "有转账记录，对方借钱不还"]

    assert retrieved(Search(QUESTIONS), ANSWERS, asked) == [ANSWERS[0], ANSWERS[1], ANSWERS[4]]


def test_scores_are_those_of_the_bm25_of_the_textbook() -> None:
    words = cut_words(QUESTIONS)
    query = cut_words(["房东拖欠押金怎么办"])[0]

    scores = [_bm25(query, document, words) for document in words]

    expected = sorted(range(len(scores)), key=lambda place: (-scores[place], place))
    assert Search(QUESTIONS).nearest(["房东拖欠押金怎么办"], 5) == [expected]
    assert expected[0] == 2


def test_of_equally_near_questions_the_earlier_comes_first() -> None:
    search = Search(["甲方违约", "乙方付款", "甲方违约", "丙方", "甲方违约"])

    assert search.nearest(["甲方违约了"], 2) == [[0, 2]]
    assert search.nearest(["甲方违约了"], 9) == [[0, 2, 4, 1, 3]]
    assert search.nearest(["毫不相干", "", "？！"], 2) == [[0, 1]] * 3


def test_a_partition_ranks_as_a_sort_would() -> None:
    chance = random.Random(2)
    questions = ["".join(chance.choices("甲乙丙丁 戊己", k=6)) for _ in range(300)]
    search = Search(questions)

    some, every = search.nearest(questions[:40], 7), search.nearest(questions[:40], 300)

    assert some == [places[:7] for places in every]


def test_training_questions_without_a_word_are_no_crash() -> None:
    assert retrieved(Search(["？", ""]), ["甲", "乙"], ["问"]) == ["甲"]
    assert retrieved(Search([]), [], ["问"]) == [""]


PAIRS = [*zip(QUESTIONS, ANSWERS, strict=True)]


@pytest.mark.parametrize("most", [1, 2, 4])
def test_a_history_holds_the_nearest_pairs_the_very_nearest_last(most: int) -> None:
    question = "公司拖欠工资不给怎么办"
    search = Search(QUESTIONS)

    found = shots(search, PAIRS, [question], lambda history, asked: True, most)[0]

    assert found == [PAIRS[place] for place in reversed(search.nearest([question], most)[0])]
    assert found[-1] == PAIRS[0]


@pytest.mark.parametrize("budget", [0, 5, 25, 40, 60, 200])
def test_a_history_stays_within_the_length_that_is_left(budget: int) -> None:
    def fits(history: Sequence[Pair], question: str) -> bool:
        return sum(len(asked) + len(told) for asked, told in history) + len(question) <= budget

    found = shots(Search(QUESTIONS), PAIRS, QUESTIONS, fits)

    assert all(fits(history, question) for history, question in zip(found, QUESTIONS, strict=True) if history)
    assert (budget < 25) == all(not history for history in found)


def test_a_pair_that_is_too_long_gives_way_to_the_next() -> None:
    pairs = [("公司拖欠工资怎么办", "长" * 500), ("公司拖欠工资", "短")]

    found = shots(Search([asked for asked, _ in pairs]), pairs, ["公司拖欠工资怎么办"], lambda h, q: len(str(h)) < 100)

    assert found == [[pairs[1]]]


def test_the_same_pair_is_shown_once() -> None:
    pairs = [PAIRS[0]] * 3 + [PAIRS[1]]

    found = shots(Search([asked for asked, _ in pairs]), pairs, [QUESTIONS[0]], lambda history, asked: True)

    assert found == [[PAIRS[1], PAIRS[0]]]


def test_a_copy_is_the_prompt() -> None:
    assert copied(["甲", ""]) == ["甲", ""]


@pytest.mark.parametrize("texts", [["甲", "乙"], [*"甲乙丙丁戊"], [*"甲甲乙丙"], [*"甲甲乙乙"], [*"甲甲甲乙乙丙"] * 20])
def test_every_item_gets_another_text_and_every_text_is_dealt_once(texts: list[str]) -> None:
    for seed in range(20):
        dealt = another(texts, seed=seed)

        assert sorted(dealt) == sorted(texts)
        assert all(own != other for own, other in zip(texts, dealt, strict=True))


def test_dealing_depends_on_the_seed_alone() -> None:
    texts = [str(number) for number in range(50)]

    assert another(texts, seed=1) == another(texts, seed=1) != another(texts, seed=2)
    assert any_of(texts, 9, seed=1) == any_of(texts, 9, seed=1) != any_of(texts, 9, seed=2)


def test_dealing_what_cannot_be_dealt_is_no_crash() -> None:
    assert another([], seed=0) == []
    assert another(["甲"], seed=0) == ["甲"]
    assert any_of([], 2, seed=0) == ["", ""]
    assert {*any_of(["甲", "乙"], 50, seed=0)} == {"甲", "乙"}


def _bm25(query: list[str], document: list[str], documents: list[list[str]]) -> float:
    """Robertson and Zaragoza: The probabilistic relevance framework, 2009, with Lucene's inverse document frequency."""
    average = np.mean([len(words) for words in documents])
    total = 0.0
    for word in query:
        holding = sum(word in words for words in documents)
        weight = log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
        times = document.count(word)
        total += weight * times / (times + 1.5 * (1 - 0.75 + 0.75 * len(document) / average))
    return total
