"""Baichuan2's ``fine-tune.py`` against its golden data, and what it cuts."""

import json
from typing import Any

import pytest

from schemas.statistics import SequenceLimits
from tests.golden_data import golden
from tests.train.encoding.letters import records
from train.encoding.collate import PadRight
from train.encoding.conversations import Turn, conversation
from train.encoding.examples import Examples
from train.encoding.form import PLAIN, Wording
from train.families.baichuan2 import BAICHUAN2
from train.models.baichuan2.tokenization import BaichuanTokenizer

OFFICIAL = BAICHUAN2.official


@pytest.fixture
def tokenizer() -> BaichuanTokenizer:
    """The stand-in vocabulary of the golden data."""
    return BaichuanTokenizer(str(golden("tok/v2/tokenizer.model")))


def expected() -> Any:
    return json.loads(golden("preprocess_baichuan2.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("run", [0, 1])
def test_every_conversation_of_the_golden_data_is_the_reference_s(run: int, tokenizer: BaichuanTokenizer) -> None:
    wanted = expected()["runs"][run]
    room = wanted["model_max_length"]
    said = [example["conversations"] for example in expected()["conversations"]]
    turns = [
        [Turn(message["from"] == "human", tokenizer.encode_texts([message["value"]])[0]) for message in messages]
        for messages in said
    ]

    batch = PadRight(pad=0, multiple_of=room)(list(Examples.of([conversation(row, tokenizer, room) for row in turns])))

    assert batch["input_ids"].tolist() == [row["input_ids"] for row in wanted["out"]]
    assert batch["labels"].tolist() == [row["labels"] for row in wanted["out"]]
    assert batch["input_ids"].ne(0).long().tolist() == [row["attention_mask"] for row in wanted["out"]]


@pytest.mark.parametrize("run", [0, 1])
def test_records_of_the_golden_conversations_become_the_same_examples(run: int, tokenizer: BaichuanTokenizer) -> None:
    wanted = expected()["runs"][run]
    room = wanted["model_max_length"]
    said = [[message["value"] for message in row["conversations"]] for row in expected()["conversations"][:3]]
    rows = [(*texts[-2:], [list(pair) for pair in zip(texts[:-2:2], texts[1:-2:2], strict=True)]) for texts in said]

    encoded = BAICHUAN2.encode(
        records(*rows), tokenizer, SequenceLimits(source=room // 3, target=room - room // 3), encoding="official"
    )

    assert len(encoded.examples) == 3
    for example, row in zip(encoded.examples, wanted["out"], strict=False):
        length = sum(row["attention_mask"])
        assert example["input_ids"].tolist() == row["input_ids"][:length]
        assert example["labels"].tolist() == row["labels"][:length]


def test_every_answer_carries_loss_and_ends_where_the_next_question_begins(tokenizer: BaichuanTokenizer) -> None:
    (first, last) = tokenizer.encode_texts(["第一答", "第二答"])

    encoded = BAICHUAN2.encode(
        records(("第二问", "第二答", [["第一问", "第一答"]])),
        tokenizer,
        SequenceLimits(source=50, target=50),
        encoding="official",
        loss="all",
    )

    [example] = encoded.examples
    learnt = [label for label in example["labels"].tolist()[1:] if label != -100]
    assert learnt == [*first, 2, *last, 2]
    assert example["input_ids"].tolist()[encoded.examples.answer_starts[0] :] == [*last, 2]


@pytest.mark.parametrize(
    ("room", "lost"),
    [
        (21, {}),
        (20, {"answers_cut": 1}),
        (15, {"answers_cut": 1}),
        (14, {"answers_cut": 1, "questions_cut": 1}),
        (12, {"answers_cut": 1, "questions_cut": 1}),
        (11, {"answers_cut": 1, "questions_cut": 1, "questions_gone": 1}),
        (10, {"answers_cut": 1, "questions_cut": 1, "questions_gone": 1}),
        (9, {"answers_cut": 1, "questions_cut": 1, "questions_gone": 1, "turns_cut": 1, "lost_turns": 1}),
    ],
)
def test_what_is_cut_is_told(room: int, lost: dict[str, int], tokenizer: BaichuanTokenizer) -> None:
    """Four turns of a control token and four pieces each end at 5, 10, 15 and 20; then comes the end token."""
    rows = records(("第二问", "第二答", [["第一问", "第一答"]]))
    lengths = [len(ids) for ids in tokenizer.encode_texts(["第一问", "第一答", "第二问", "第二答"])]
    limits = SequenceLimits(source=room - 1, target=1)

    [losses] = BAICHUAN2.rule(tokenizer, "official").losses(rows, "chat", [limits])
    encoded = BAICHUAN2.encode(rows, tokenizer, limits, encoding="official")

    assert lengths == [4, 4, 4, 4]
    assert losses == encoded.losses
    told = {name: getattr(losses, name) for name in TOLD if getattr(losses, name)}
    assert told == lost


TOLD = ("answers_cut", "questions_cut", "questions_gone", "turns_cut", "lost_turns")


def test_control_tokens_in_texts_are_what_they_are_in_the_official_script(tokenizer: BaichuanTokenizer) -> None:
    assert OFFICIAL is not None
    [example] = OFFICIAL.examples(
        records(("问", "答</s>", [])),
        tokenizer,
        SequenceLimits(source=50, target=50),
        wording=PLAIN,
        ignore_pad_token_for_loss=True,
    )

    assert example["input_ids"].tolist().count(2) == 2


def test_a_prefix_stands_before_the_first_question(tokenizer: BaichuanTokenizer) -> None:
    limits = SequenceLimits(source=50, target=50)
    asked, wording = records(("问", "答", [["一", "二"]])), Wording(prefix="请答：")

    given = BAICHUAN2.encode(asked, tokenizer, limits, encoding="official", wording=wording)

    assert given.examples[0]["input_ids"].tolist()[1:] == [
        *tokenizer.encode_texts(["请答：一"])[0],
        196,
        *tokenizer.encode_texts(["二"])[0],
        195,
        *tokenizer.encode_texts(["问"])[0],
        196,
        *tokenizer.encode_texts(["答"])[0],
        2,
    ]
    [prompt] = BAICHUAN2.encode_prompts(asked, tokenizer, limits, encoding="official", wording=wording)
    assert given.examples[0]["input_ids"].tolist()[: len(prompt)] == prompt
