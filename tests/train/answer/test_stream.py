"""An answer as it grows: nothing shown is taken back, and the end is what generation gives."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import active_count

import pytest

from schemas.statistics import SequenceLimits
from train.answer.answerer import Answerer
from train.answer.conversation import Conversation
from train.answer.generate import answers
from train.answer.load import base
from train.answer.manner import Manner
from train.answer.stream import settled, stream
from train.prompts import tidy_chatglm, tidy_chatglm2

MANNER = Manner(max_new_tokens=24)


@pytest.fixture(scope="module")
def answerer(model: Path) -> Answerer:
    return base(str(model)).load()


@pytest.mark.parametrize("question", ["一种装置", "法律"])
def test_each_part_begins_with_the_one_before_and_the_last_is_the_answer(answerer: Answerer, question: str) -> None:
    prompt, _ = answerer.prompt(question)
    [[expected]] = answers(answerer, {0: prompt}, MANNER)

    parts = list(stream(answerer, prompt, MANNER))

    assert len(parts) > 2
    assert all(later.text.startswith(earlier.text) for earlier, later in pairwise(parts))
    assert parts[-1].text == expected.text
    assert [part.finished for part in parts] == [False] * (len(parts) - 1) + [expected.finished]


def test_an_answer_at_the_limit_is_not_finished(answerer: Answerer) -> None:
    prompt, _ = answerer.prompt("一种装置")

    *_, last = stream(answerer, prompt, Manner(max_new_tokens=1))

    assert not last.finished


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("合同法", "合同法"),
        ("合同法,", "合同法，"),
        ("see,", "see"),
        ("see, you", "see, you"),
        ("合同 ", "合同"),
        ("  合同", "合同"),
        ("合同\ufffd\ufffd", "合同"),
        ("[[训练时间", ""),
        ("始于[[训练时间]]", "始于2023年"),
        ("见[1]", "见[1]"),
        ("", ""),
    ],
)
def test_what_a_later_token_may_change_is_held_back(raw: str, shown: str) -> None:
    assert settled(raw, tidy_chatglm) == shown


@pytest.mark.parametrize("tidy", [tidy_chatglm, tidy_chatglm2])
def test_a_text_shown_letter_by_letter_never_changes(tidy: Callable[[str], str]) -> None:
    whole = "据ABC,第2条:see (a), [[训练时间]] 起施行;  不得 违反!\n\n完, end"

    shown = [settled(whole[:length], tidy) for length in range(len(whole) + 1)]

    assert all(later.startswith(earlier) for earlier, later in pairwise(shown))
    assert tidy(whole).startswith(shown[-1])


def test_a_conversation_asks_its_earlier_turns_again(answerer: Answerer) -> None:
    conversation = Conversation(lambda: nullcontext(answerer), MANNER)

    [*_, first] = conversation.ask("一种装置")
    [*_, second] = conversation.ask("法律")

    expected, _ = answerer.prompt("法律", [("一种装置", first.text)])
    [[again]] = answers(answerer, {0: expected}, MANNER)
    assert conversation.history == [("一种装置", first.text), ("法律", second.text)]
    assert second.text == again.text


def test_a_conversation_without_history_asks_every_question_alone(answerer: Answerer) -> None:
    conversation = Conversation(lambda: nullcontext(answerer), MANNER, keeps_history=False)

    [*_, first] = conversation.ask("法律")
    [*_, again] = conversation.ask("法律")

    assert conversation.history == []
    assert first == again


def test_an_answer_that_is_stopped_stays_as_far_as_it_came_and_its_thread_ends(answerer: Answerer) -> None:
    conversation = Conversation(lambda: nullcontext(answerer), MANNER)
    threads = active_count()
    growing = conversation.ask("一种装置")

    so_far = next(growing)
    growing.close()

    assert conversation.history == [("一种装置", so_far.text)]
    assert active_count() == threads


def test_a_conversation_says_when_its_prompt_was_cut(answerer: Answerer) -> None:
    short = base_with_source(answerer, 16)
    conversation = Conversation(lambda: nullcontext(short), Manner(max_new_tokens=2))

    list(conversation.ask("法律"))
    before = conversation.was_cut
    conversation.history.append(("一种装置" * 5, "一种装置" * 5))
    list(conversation.ask("法律"))

    assert (before, conversation.was_cut) == (False, True)


def base_with_source(answerer: Answerer, source: int) -> Answerer:
    return replace(answerer, asking=replace(answerer.asking, limits=SequenceLimits(source=source, target=8)))
