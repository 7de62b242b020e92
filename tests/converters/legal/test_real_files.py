"""The real legal files, before cleaning, validation and deduplication."""

from typing import Any

import polars as pl
import pytest

from converters.converter import Converter, Options
from converters.detect import Match, matches
from converters.instruct.registry import CONVERTERS as INSTRUCT
from converters.legal.lawgpt_zh import LAWGPT_ZH
from converters.legal.lawyer_llama import LAWYER_LLAMA
from converters.legal.lawyer_llama_dialogue import LAWYER_LLAMA_DIALOGUE
from converters.legal.legal_advice import LEGAL_ADVICE
from converters.legal.registry import CONVERTERS as LEGAL
from converters.legal.statutes import STATUTES
from schemas.reasons import TURN_COUNTS
from tests.converters.converting import converted, real_rows
from tests.shared_data import shared

COUNSEL = "legal/lawyer_llama_legal_counsel_with_article_v2.json"
DIALOGUES = "legal/lawyer_llama_multi_turn_with_article_v2.json"
ADVICE = "legal/lawyer_llama_legal_advice_nested.json"
TEST_RESULT = "legal/lawgpt_zh_test_result.json"
STATUTE_TEXTS = "legal/lawgpt_zh_statutes_9k.json"


@pytest.mark.parametrize(
    ("file", "converter", "expected"),
    [
        (COUNSEL, LAWYER_LLAMA, 1_000),
        (DIALOGUES, LAWYER_LLAMA_DIALOGUE, 1_042),
        (ADVICE, LEGAL_ADVICE, 5_000),
        (TEST_RESULT, LAWGPT_ZH, 24),
        (STATUTE_TEXTS, STATUTES, 1_500),
    ],
)
def test_every_row_or_answer_becomes_a_record(file: str, converter: Converter, expected: int) -> None:
    rows = real_rows(shared(file))

    records = converted(converter, rows)

    assert records.height == expected
    assert records.select(pl.col("prompt", "response").str.contains(r"\S").all()).row(0) == (True, True)


def test_the_doubled_and_trailing_turns_of_consultations_are_counted() -> None:
    rows = real_rows(shared(DIALOGUES))

    every = converted(LAWYER_LLAMA_DIALOGUE, rows)
    last = converted(LAWYER_LLAMA_DIALOGUE, rows, Options(turns="last"))

    sums = {name: every[name].sum() for name in TURN_COUNTS if every[name].sum()}
    assert sums == {"merged_turns": 10, "trailing_questions": 1}
    assert (last.height, last["unused_turns"].sum()) == (476, 1_042 - 476)


def test_every_consultation_shares_its_group_with_a_single_question() -> None:
    single = converted(LAWYER_LLAMA, real_rows(shared(COUNSEL)))
    dialogues = converted(LAWYER_LLAMA_DIALOGUE, real_rows(shared(DIALOGUES)))

    assert set(dialogues["group"]) <= set(single["group"])


def test_no_mark_of_the_list_notation_is_left_in_statutes() -> None:
    records = converted(STATUTES, real_rows(shared(STATUTE_TEXTS)))

    assert not records["response"].str.contains(r'\\n|","|^\[|"$').any()
    assert records.filter(pl.col("prompt").str.contains(r" 第\S+条$")).height == 1_355


def best_match(rows: list[dict[str, Any]]) -> Match:
    return matches(tuple(rows[0]), rows[:200], (*INSTRUCT, *LEGAL))[0]


@pytest.mark.parametrize(
    ("file", "converter", "least_share"),
    [
        (COUNSEL, LAWYER_LLAMA, 1),
        (DIALOGUES, LAWYER_LLAMA_DIALOGUE, 1),
        (ADVICE, LEGAL_ADVICE, 0.85),
        (TEST_RESULT, LAWGPT_ZH, 1),
        (STATUTE_TEXTS, STATUTES, 0.95),
    ],
)
def test_legal_files_are_recognised_with_a_wide_margin(file: str, converter: Converter, least_share: float) -> None:
    match = best_match(real_rows(shared(file)))

    assert match.converter.name == converter.name
    assert match.share >= least_share > converter.hint_share


@pytest.mark.parametrize(
    "file",
    [
        "instruct/alpaca_chinese_part01.json",
        "instruct/alpaca_hikariming_trailing_comma_INVALID.json",
        "instruct/belle_10M_readme_examples.jsonl",
        "instruct/belle_eval_set.json",
        "instruct/belle_zh_seed_tasks.jsonl",
        "instruct/sharegpt_zh_1K.jsonl",
    ],
)
def test_general_instructions_are_not_taken_for_legal_ones(file: str) -> None:
    rows = real_rows(shared(file))

    domains = {match.converter.domain for match in matches(tuple(rows[0]), rows[:200], (*INSTRUCT, *LEGAL))}

    assert domains == {"instruct"}
