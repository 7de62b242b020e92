"""The report as Markdown and on a terminal, and its numbers."""

import re
from dataclasses import replace
from typing import get_args

import pytest

from schemas.report import Estimate, Lang
from tests.train.report.reports import NASTY, nasty, report
from train.report.columns import columns_of, visible, wrapped
from train.report.markdown import escaped, fenced, markdown
from train.report.numbers import chance, duration, flat, moment, number, tone, with_interval
from train.report.page import page
from train.report.terminal import summary
from train.report.words import verdict_name

LANGS: tuple[Lang, ...] = get_args(Lang)
TINY = "模型很小 tiny"


@pytest.mark.parametrize("lang", LANGS)
def test_markdown_has_verdicts_tables_and_every_number_of_the_matrix(lang: Lang) -> None:
    made = report(("legal", "instruct"), stands_for_itself=TINY)

    text = markdown(made, lang)

    for domain in made.domains:
        assert f"## {domain.dataset}: {verdict_name(domain.verdict, lang)}\n" in text
        assert domain.advice[lang] in text
    assert made.matrix is not None
    for row in made.matrix.change[1:]:
        for each in row:
            assert with_interval(each, sign=True) in text
    assert text.count(TINY) == 1 + 2 + 1 + 2  # head, verdict rows, matrix, sections


@pytest.mark.parametrize("made", [report(("legal", "instruct")), nasty()], ids=["plain", "nasty"])
def test_every_row_of_a_markdown_table_has_as_many_cells_as_its_head(made: object) -> None:
    blocks = re.findall(r"(?:^\|.*\n)+", markdown(made), flags=re.MULTILINE)  # type: ignore[arg-type]

    assert len(blocks) > 10
    for block in blocks:
        cells = [len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()]
        assert len(set(cells)) == 1, block


@pytest.mark.parametrize(("lang", "said"), [("en", "not tried"), ("zh", "未尝试")])
def test_ways_that_were_not_tried_are_told_with_the_reason(lang: Lang, said: str) -> None:
    made = report(("legal",))
    untried = replace(made, domains=[replace(made.domains[0], untried={"base: legal": 1018})])

    without = f"{markdown(made, lang)}{page(made, lang)}"
    files = (markdown(untried, lang), page(untried, lang))

    assert said not in without
    for text in files:
        [line] = [line for line in text.splitlines() if said in line]
        assert "max_source_length" in line
        assert "base: legal (1,018 " in line


def test_no_text_of_a_report_becomes_markup_in_markdown() -> None:
    outside_of_fences = re.sub(r"^(`{3,})text\n.*?^\1$", "", markdown(nasty()), flags=re.MULTILINE | re.DOTALL)

    assert "<script" not in outside_of_fences
    assert not re.search(r"(?<!\\)\[a\]\(", outside_of_fences)


def test_markdown_shows_texts_as_they_are() -> None:
    assert escaped("a|b\n<c> *d* [e](f) `g` \\") == "a\\|b &lt;c&gt; \\*d\\* \\[e\\](f) \\`g\\` \\\\"
    assert escaped("p_tuning_v2") == "p_tuning_v2"
    assert fenced("a ```` b") == "`````text\na ```` b\n`````"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("width", [40, 72, 120])
def test_a_summary_fits_its_terminal_and_says_what_to_do(lang: Lang, width: int) -> None:
    made = report(stands_for_itself=TINY)

    text = summary(made, width, lang=lang)

    assert max(map(columns_of, text.splitlines())) <= width
    joined = re.sub(r"\s+", "", text)
    for domain in made.domains:
        assert re.sub(r"\s+", "", domain.advice[lang]) in joined
        assert re.sub(r"\s+", "", verdict_name(domain.verdict, lang)) in joined
    assert joined.count("模型很小tiny") >= len(made.domains)


def test_a_summary_of_nasty_texts_holds_no_control_characters() -> None:
    made = replace(nasty(), stands_for_itself=f"\x1b[31mred\x07\u202e{NASTY}\n\n# x")

    text = summary(made, 80)

    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", text)


def test_the_matrix_is_on_the_terminal_where_there_is_room() -> None:
    made = report(("legal", "patent"))

    assert "untuned" in summary(made, 100)
    assert "stands in report.md" in summary(report(), 60)


def test_lines_are_broken_beside_chinese_characters_but_not_before_a_full_stop() -> None:
    assert wrapped("一二三四。五", 8) == ["一二三", "四。五"]
    assert wrapped("一二 ab，c三", 6) == ["一二", "ab，c", "三"]
    assert wrapped("ab cd ef", 5) == ["ab cd", "ef"]
    assert wrapped("", 5, "  ", "> ") == [">"]
    assert visible("a\x1b[0m\nb\u200b") == "a[0m b"


@pytest.mark.parametrize(
    ("value", "sign", "shown"),
    [
        (0.12345, False, "0.123"),
        (-0.5, True, "−0.500"),
        (12.345, True, "+12.35"),
        (0.0001, True, "0.000"),
        (-0.0001, False, "0.000"),
        (12345.6, False, "12,345.60"),
        (float("nan"), True, "–"),
        (float("-inf"), False, "−∞"),
        (None, False, "–"),
    ],
)
def test_numbers_are_shown_with_what_they_are_worth(value: float | None, sign: bool, shown: str) -> None:
    assert number(value, sign=sign) == shown


def test_an_estimate_without_bounds_is_a_number_alone() -> None:
    assert with_interval(Estimate(value=1)) == "1.000"
    assert with_interval(Estimate(value=1, low=0.5, high=2), sign=True) == "+1.000 [+0.500, +2.000]"
    assert with_interval(None) == "–"


def test_a_difference_is_better_only_where_its_interval_leaves_nought() -> None:
    assert tone(Estimate(value=1, low=0.1, high=2), better=1) == "better"
    assert tone(Estimate(value=1, low=0.1, high=2), better=-1) == "worse"
    assert tone(Estimate(value=1, low=0, high=2), better=1) == "unclear"
    assert tone(Estimate(value=1), better=1) == "unclear"
    assert tone(Estimate(value=1, low=0.1, high=2), better=0) == "unclear"


def test_times_chances_and_settings_are_readable() -> None:
    assert [duration(each) for each in (3.21, 75, 3661)] == ["3.2 s", "1 min 15 s", "1 h 01 min"]
    assert [chance(each) for each in (0.0, 0.0123, None, float("nan"))] == ["<0.001", "0.012", "–", "–"]
    assert moment("2026-11-23T10:15:00+00:00") == "2026-11-23 10:15 UTC"
    assert moment("today") == "today"
    assert flat({"a": {"b": 1, "c": {}}, "d": [1, 2], "e": None}) == [
        ("a.b", "1"),
        ("a.c", "–"),
        ("d", "1, 2"),
        ("e", "–"),
    ]
