"""Shared expressions on text."""

import polars as pl
import pytest

from converters.text import joined_wraps, lead_paragraphs, opening, paragraphs


def _lead(text: str, max_chars: int = 512) -> str | None:
    frame = pl.DataFrame({"text": [text]})
    leads: list[str | None] = frame.select(lead_paragraphs(paragraphs(pl.col("text")), max_chars)).to_series().to_list()
    return leads[0]


@pytest.mark.parametrize(
    ("wrapped", "joined"),
    [
        ("提出了一种\n新的方法", "提出了一种新的方法"),
        ("提出了一种，\r\n  新的方法", "提出了一种，新的方法"),
        ("next-to-leading\n  order", "next-to-leading order"),
        ("next-to-\nleading order", "next-to-leading order"),
        ("甲\n乙\n丙", "甲乙丙"),
        ("采用\nPython 语言\n实现", "采用Python 语言实现"),
        ("\n 两端 \n", "两端"),
        ("a  b", "a  b"),
    ],
)
def test_wrapped_lines_are_joined_without_a_blank_beside_chinese(wrapped: str, joined: str) -> None:
    frame = pl.DataFrame({"text": [wrapped]})

    assert frame.select(joined_wraps(pl.col("text"))).item() == joined


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("甲。\n\n乙！丙？\n", "甲。\n乙！丙？"),
        ("甲。\n历史\n乙。", "甲。"),
        ("甲。乙分为：\n一\n二", "甲。"),
        ("他说“甲。”\n乙", "他说“甲。”"),
        ("只有一行\n第二行。", "只有一行"),
        ("甲", "甲"),
    ],
)
def test_a_lead_is_whole_paragraphs_of_running_text(text: str, lead: str) -> None:
    assert _lead(text) == lead


@pytest.mark.parametrize(
    ("max_chars", "lead"),
    [
        (100, "一二三。四五六。\n七八九。"),
        (12, "一二三。四五六。"),
        (8, "一二三。四五六。"),
        (7, "一二三。"),
        (2, "一二三。"),
    ],
)
def test_a_lead_is_cut_after_a_sentence_and_a_long_first_sentence_is_whole(max_chars: int, lead: str) -> None:
    assert _lead("一二三。四五六。\n七八九。", max_chars) == lead


def test_nothing_stays_nothing() -> None:
    frame = pl.DataFrame({"text": [None, ""]}, schema={"text": pl.String})

    leads = frame.select(lead_paragraphs(paragraphs(opening(pl.col("text")))))

    assert leads.to_series().to_list() == [None, ""]
