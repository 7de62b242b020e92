from collections.abc import Sequence

import polars as pl
import pytest

from pipeline.stats.audit import official_truncation, summed
from schemas.records import HISTORY
from schemas.statistics import SequenceLimits, TruncationLosses


class Characters:
    name = "one-by-one"

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]


def records(*rows: tuple[str, str, list[list[str]]]) -> pl.DataFrame:
    schema = {"prompt": pl.String(), "response": pl.String(), "history": HISTORY}
    return pl.DataFrame(rows, schema=schema, orient="row")


def what_the_official_preprocessing_loses(
    prompt: str, response: str, history: list[list[str]], *, is_chat: bool, limits: SequenceLimits
) -> TruncationLosses:
    """The rule written down a second time, character by character: each is marked with what it belongs to."""
    marked: list[tuple[str, int]] = []
    for number, (question, answer) in enumerate(history):
        marked += [("turn", number)] * len(f"[Round {number}]\n问：{question}\n答：{answer}\n")
    if is_chat:
        marked += [("frame", 0)] * len(f"[Round {len(history)}]\n问：")
    marked += [("question", 0)] * len(prompt)
    if is_chat:
        marked += [("frame", 0)] * len("\n答：")
    lost = marked[limits.source - 1 :]
    lost_questions = lost.count(("question", 0))
    lost_turns = len({number for kind, number in lost if kind == "turn"})
    return TruncationLosses(
        limits=limits,
        records=1,
        answers_cut=int(len(response[limits.target - 2 :]) > 0),
        questions_cut=int(lost_questions > 0),
        questions_gone=int(lost_questions == len(prompt)),
        turns_cut=int(lost_turns > 0),
        lost_turns=lost_turns,
    )


ROWS = [
    ("你好吗", "好", []),
    ("你好吗", "好的好的", [["一", "二"], ["三三三", "四"]]),
    ("问", "答" * 12, [["长" * 30, "短"]]),
]


@pytest.mark.parametrize("is_chat", [True, False], ids=["chat", "pair"])
@pytest.mark.parametrize("source", range(1, 70))
def test_losses_are_those_of_the_official_slices(source: int, is_chat: bool) -> None:
    limits = SequenceLimits(source=source, target=1 + source % 14 + 1)
    rows = [(prompt, response, history if is_chat else []) for prompt, response, history in ROWS]
    expected = summed([[what_the_official_preprocessing_loses(*row, is_chat=is_chat, limits=limits)] for row in rows])

    found = official_truncation().losses(records(*rows), "chat" if is_chat else "pair", [limits])

    assert tuple(found) == expected


def test_a_long_history_costs_the_question() -> None:
    dialogue = records(("现在的问题", "答", [["以前" * 200, "回答"]]))

    (found,) = official_truncation().losses(dialogue, "chat", [SequenceLimits(source=256, target=256)])

    assert (found.questions_gone, found.turns_cut, found.answers_cut) == (1, 1, 0)


def test_the_name_says_that_characters_stand_in_for_tokens() -> None:
    assert "characters as a stand-in" in official_truncation().name
    assert official_truncation(Characters()).name.endswith("in tokens of one-by-one")


def test_tokens_of_one_character_lose_what_characters_lose() -> None:
    limits = [SequenceLimits(source=source, target=8) for source in range(5, 80, 5)]

    found = official_truncation(Characters()).losses(records(*ROWS), "chat", limits)

    assert found == official_truncation().losses(records(*ROWS), "chat", limits)
