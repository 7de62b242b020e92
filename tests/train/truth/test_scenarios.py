"""The scenarios are what they are said to be; no model is needed to see it."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from tests.train.models.tiny.test_pretraining import SHORT
from tests.train.truth.answers import KNOWN
from tests.train.truth.scenarios import HELD_OUT, SCENARIOS, Row
from tests.train.truth.skills import SKILLS, obey
from train.models.tiny.pretraining import pretrain
from train.models.tiny.samples import sample_texts
from train.models.tiny.writing import write_tokenizer
from train.models.tokenizer import ChatGLMTokenizer

ALL = pytest.mark.parametrize("name", SCENARIOS)


def questions(rows: Sequence[Row]) -> set[str]:
    return {row["content"] for row in rows}


def test_all_scenarios_have_a_known_answer() -> None:
    assert [*SCENARIOS] == [*KNOWN]


@ALL
def test_the_same_seed_draws_the_same_records(name: str) -> None:
    once, again, other = (SCENARIOS[name](seed) for seed in (0, 0, 1))

    assert once == again
    assert once.train != other.train
    assert once.test != other.test


@ALL
def test_enough_is_held_out_and_nothing_of_it_was_learnt(name: str) -> None:
    found = SCENARIOS[name](0)

    assert len(questions(found.test)) == HELD_OUT
    assert not questions(found.test) & questions([*found.train, *found.dev])


def test_answers_are_dealt_out_and_stay_the_same_answers() -> None:
    right, dealt = SCENARIOS["rewriting"](0), SCENARIOS["dealt_out"](0)

    for before, after in ((right.train, dealt.train), (right.test, dealt.test)):
        assert [row["content"] for row in after] == [row["content"] for row in before]
        assert Counter(row["summary"] for row in after) == Counter(row["summary"] for row in before)
        assert sum(one == other for one, other in zip(before, after, strict=True)) < len(before) / 100


def test_what_is_looked_up_was_told() -> None:
    found = SCENARIOS["looked_up"](0)

    told = {row["content"]: row["summary"] for row in found.train}
    for row in found.test:
        [place] = [told[question] for question in (row["content"].removeprefix("请问").removesuffix("？"),)]
        assert row["summary"] == place


def test_little_data_is_the_first_of_much() -> None:
    little, much = SCENARIOS["little_translation"](0), SCENARIOS["translation"](0)

    assert little.train == much.train[:40]
    assert (little.test, little.steps, little.learning_rate) == (much.test, much.steps, much.learning_rate)


def test_what_destroys_is_the_learning_rate_alone() -> None:
    well, badly = SCENARIOS["rewriting"](0), SCENARIOS["destroyed"](0)

    assert (badly.train, badly.steps, badly.elsewhere) == (well.train, well.steps, well.elsewhere)
    assert badly.learning_rate == 10 * well.learning_rate


def test_the_base_is_taught_the_same_each_time(tmp_path: Path) -> None:
    write_tokenizer(tmp_path)
    tokenizer = ChatGLMTokenizer.from_pretrained(tmp_path)

    made = [pretrain(tokenizer, sample_texts(), SHORT, skills) for skills in (SKILLS, SKILLS, [obey])]

    once, again, other = (model.state_dict()["lm_head.weight"] for model in made)
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
