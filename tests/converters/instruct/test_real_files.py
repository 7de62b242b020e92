"""The real instruct and official files, before cleaning, validation and deduplication."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from converters.converter import ROW, Converter
from converters.instruct.advertise_gen import ADVERTISE_GEN
from converters.instruct.alpaca import ALPACA
from converters.instruct.belle_eval import BELLE_EVAL
from converters.instruct.belle_seed import BELLE_SEED
from converters.instruct.chat import CHAT
from converters.instruct.conversations import CONVERSATIONS
from converters.instruct.history import HISTORY_ONLY
from converters.instruct.messages import MESSAGES
from tests.converters.converting import converted, real_rows
from tests.shared_data import shared

SHAREGPT = "instruct/sharegpt_zh_1K.jsonl"


@pytest.mark.parametrize(
    ("file", "converter", "made", "empty_responses"),
    [
        ("instruct/alpaca_chinese_part01.json", ALPACA, 10_444, 5),
        ("instruct/alpaca_hikariming_trailing_comma_INVALID.json", ALPACA, 2_801, 2),
        ("instruct/belle_10M_readme_examples.jsonl", ALPACA, 5, 0),
        ("instruct/belle_eval_set.json", BELLE_EVAL, 1_000, 369),
        ("instruct/belle_sampled_qwen.json", CONVERSATIONS, 267, 0),
        ("instruct/belle_zh_seed_tasks.jsonl", BELLE_SEED, 175, 0),
        ("official/AdvertiseGen_dev.json", ADVERTISE_GEN, 1_070, 0),
        ("official/AdvertiseGen_train_5000.gb18030.json", ADVERTISE_GEN, 5_000, 0),
        ("official/chat_history_h_1000.jsonl", HISTORY_ONLY, 300, 0),
        ("official/chatglm_improve_data_sample.jsonl", CHAT, 100, 0),
        ("official/openai_messages_advgen_dev.json", MESSAGES, 1_070, 0),
    ],
)
def test_every_row_becomes_a_record(file: str, converter: Converter, made: int, empty_responses: int) -> None:
    rows = real_rows(shared(file), encoding="gb18030" if "gb18030" in file else "utf-8")

    records = converted(converter, rows)

    assert records.height == made
    assert records.filter(pl.col("response") == "").height == empty_responses
    assert records["prompt"].str.contains(r"\S").all()


def test_every_answer_of_sharegpt_becomes_a_record() -> None:
    rows = real_rows(shared(SHAREGPT))
    answers = sum(turn["from"] == "gpt" for row in rows for turn in row["conversations"])

    records = converted(CONVERSATIONS, rows)

    assert records["reason"].null_count() == answers == 4_372
    assert records.filter(pl.col("reason") == "no_answer")[ROW].to_list() == [781]
    assert records["trailing_questions"].sum() == 7
    assert records["history"].list.len().max() == 164


def test_messages_are_equal_to_the_pairs_that_they_were_made_from() -> None:
    messages = converted(MESSAGES, real_rows(shared("official/openai_messages_advgen_dev.json")))
    pairs = converted(ADVERTISE_GEN, real_rows(shared("official/AdvertiseGen_dev.json")))

    assert_frame_equal(messages.select("prompt", "response"), pairs.select("prompt", "response"))


def test_an_input_that_means_none_leaves_the_instruction_alone() -> None:
    rows = real_rows(shared("instruct/alpaca_chinese_part01.json"))
    placeholders = {"无输入", "&lt;无输入&gt;", "没有输入。", "（无输入）", "没有输入"}
    without_input = [row for row in rows if row["input"] in placeholders]

    records = converted(ALPACA, without_input)

    assert len(without_input) == 109
    assert records["prompt"].to_list() == [row["instruction"] for row in without_input]
