import polars as pl
import pytest

from converters.converter import TURNS
from converters.dialogue_text import BELLE, MOSS, tagged_turns, text_turns


def turns_of(text: str, speaker: str) -> list[tuple[str, str]]:
    turns = pl.select(text_turns(pl.lit(text), speaker)).to_series()
    assert turns.dtype == TURNS
    return [(turn["from"], turn["value"]) for turn in turns.to_list()[0]]


@pytest.mark.parametrize(
    ("text", "speaker", "said"),
    [
        ("[客户] 问", "客户", "问"),
        ("[律师]答", "律师", "答"),
        (" 【律师】：答", "律师", "答"),
        ("[客户] [律师] 说什么", "客户", "[律师] 说什么"),
        ("没有标签", None, "没有标签"),
    ],
)
def test_the_tag_of_a_string_is_its_speaker(text: str, speaker: str | None, said: str) -> None:
    turns = pl.select(tagged_turns(pl.lit([text]))).to_series()

    assert turns.dtype == TURNS
    assert turns.to_list() == [[{"from": speaker, "value": said}]]


def test_names_at_the_start_of_a_line_split_a_text() -> None:
    text = "Human:一\n第二行 Human: 仍是一\nAssistant: 二\n\nHuman：三"

    assert turns_of(text, BELLE) == [("Human", "一\n第二行 Human: 仍是一"), ("Assistant", "二"), ("Human", "三")]


def test_an_empty_turn_in_a_text_stays_a_turn() -> None:
    assert turns_of("Human:\nAssistant:\nHuman: 三", BELLE) == [("Human", ""), ("Assistant", ""), ("Human", "三")]


def test_marks_of_moss_split_a_text_only_after_the_end_of_a_turn() -> None:
    text = "[Human]: 一 <eoh> [MOSS]: 我是 [MOSS]: 吗 <eoa>\n[Human]: 三"

    assert turns_of(text, MOSS) == [("Human", "一"), ("MOSS", "我是 [MOSS]: 吗"), ("Human", "三")]


def test_what_stands_before_the_first_name_is_a_system_turn() -> None:
    assert turns_of("你是助手。\nHuman: 一", BELLE) == [("system", "你是助手。"), ("Human", "一")]


def test_no_character_of_a_text_is_lost_to_the_marks_used_inside() -> None:
    assert turns_of("Human: 一\ufdd1二", BELLE) == [("Human", "一\ufdd1二")]


def test_an_empty_text_has_no_turns() -> None:
    assert turns_of("", BELLE) == []
