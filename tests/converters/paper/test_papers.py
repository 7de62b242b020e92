"""Titles and abstracts of papers."""

from typing import Any

import polars as pl
import pytest

from converters.paper.abstract import plain_abstract
from converters.paper.arxiv import ARXIV
from converters.paper.crossref import CROSSREF
from converters.paper.csl import CSL_TITLES
from converters.paper.openalex import OPENALEX
from converters.paper.summaries import SUMMARIES
from converters.paper.table import PAPER_TABLE
from tests.converters.conversion import convert, detected, tab_separated
from tests.shared_data import shared

CITATION_COLUMNS = ("title", "abstract", "keywords", "author", "journal", "year", "type", "language")


@pytest.mark.parametrize(
    ("abstract", "plain"),
    [
        ("<正>本文研究甲。", "本文研究甲。"),
        ("&lt;正&gt;摘要：研究甲。", "研究甲。"),
        ("摘 要: 研究甲。", "研究甲。"),
        ("【摘要】研究甲。", "研究甲。"),
        ("[摘要]:研究甲。", "研究甲。"),
        ("Abstract(#br)We study A.", "We study A."),
        ("ABSTRACT: We study A.", "We study A."),
        ("AbstractWe study A.", "We study A."),
        ("BACKGROUND(#br)Many studies.(#br)RESULTS", "BACKGROUND Many studies. RESULTS"),
        (" 研究甲。\n\n    1、研究\n乙。 ", "研究甲。1、研究乙。"),
        ("摘要生成是一项任务。", "摘要生成是一项任务。"),
        ("Abstract interpretation is a theory.", "Abstract interpretation is a theory."),
        ("Abstraction helps.", "Abstraction helps."),
    ],
)
def test_an_abstract_loses_what_exports_put_in_front_and_its_line_breaks(abstract: str, plain: str) -> None:
    frame = pl.DataFrame({"abstract": [abstract]})

    assert frame.select(plain_abstract(pl.col("abstract"))).item() == plain


def test_title_files_of_csl_are_turned_round() -> None:
    assert convert(CSL_TITLES, [{"0": "to title", "1": " 研究甲. ", "2": "甲的研究"}]) == [
        {"prompt": "甲的研究", "response": "研究甲."}
    ]


def test_wrapped_titles_and_abstracts_of_arxiv_are_unwrapped() -> None:
    row = {"id": "0704.1", "title": "A long\n  title", "abstract": "  We\nshow.\n", "categories": "cs.CL"}

    assert convert(ARXIV, [row]) == [{"prompt": "A long title", "response": "We show."}]


def test_an_inverted_index_becomes_running_text() -> None:
    indexes = [{"数学": [0, 2], "的": [1], "Deep": [3], "nets": [4]}, {'a"b': [1], "x": [0], "y": []}, None]
    rows = [{"display_name": "甲", "abstract_inverted_index": index} for index in indexes]

    assert [record["response"] for record in convert(OPENALEX, rows)] == ["数学的数学Deep nets", 'x a"b', None]


def test_jats_is_taken_off_an_abstract_and_the_first_title_counts() -> None:
    abstract = "<jats:title>Abstract</jats:title>\n<jats:p>We <jats:italic>show</jats:italic> x&lt;5.</jats:p>"
    rows = [{"title": ["甲", "乙"], "abstract": abstract, "DOI": "10.1/a", "member": "1"}]

    assert convert(CROSSREF, [*rows, {"title": [], "DOI": "10.1/b", "member": "1"}]) == [
        {"prompt": "甲", "response": "We show x&lt;5."},
        {"prompt": None, "response": None},
    ]


def test_a_text_is_asked_and_its_summary_answers() -> None:
    assert convert(SUMMARIES, [{"short_text": "甲\n乙", "summary": "甲"}]) == [{"prompt": "甲乙", "response": "甲"}]


def test_a_missing_abstract_is_still_a_row() -> None:
    assert convert(PAPER_TABLE, [{"题名": "甲", "摘要": None}]) == [{"prompt": "甲", "response": None}]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"0": "to title", "1": "研究甲。", "2": "甲"}, "paper/csl_ts"),
        ({"0": "甲", "1": "研究甲。", "2": "a_b", "3": "工学", "4": "机械"}, "paper/csl"),
        (dict.fromkeys(CITATION_COLUMNS, "甲"), "paper/citation"),
        ({"id": "1", "title": "A", "abstract": "B", "categories": "cs.CL", "authors": "C"}, "paper/arxiv"),
        ({"id": "1", "title": "A", "display_name": "A", "abstract_inverted_index": "{}"}, "paper/openalex"),
        ({"DOI": "1", "title": ["A"], "abstract": "<jats:p>B</jats:p>", "member": "1"}, "paper/crossref"),
        ({"short_text": "甲", "summary": "乙"}, "paper/lcsts"),
        ({"Title-题名": "甲", "Author-作者": "乙", "Summary-摘要": "研究甲。"}, "paper/table"),
        (
            {"title": "甲", "abstract": "研究甲。", "keywords": "a", "discipline": "工学", "category": "b"},
            "paper/table",
        ),
        ({"title": "甲", "abstract": "本文研究甲。"}, "paper/table"),
        ({"0": "to keywords", "1": "研究甲。 甲", "2": "a_b"}, None),
        ({"0": "to category", "1": "甲", "2": "工学"}, None),
        ({"title": "甲", "keywords": "a"}, None),
    ],
)
def test_every_format_is_found_by_its_columns_and_what_lacks_a_side_is_not(row: dict[str, Any], name: str) -> None:
    assert detected([row]) == name


@pytest.mark.parametrize("name", ["csl_ts_dev.tsv", "csl_ts_test.tsv"])
def test_real_title_files_of_csl_become_records_whole(name: str) -> None:
    rows = tab_separated(shared(f"paper/{name}"))

    records = convert(CSL_TITLES, rows)

    assert detected(rows) == "paper/csl_ts"
    assert len(records) == 1000
    assert [record["response"] for record in records] == [row["1"].strip() for row in rows]


@pytest.mark.parametrize("name", ["csl_kg_dev.tsv", "csl_cls_ctg_train.tsv"])
def test_real_keyword_and_category_files_are_claimed_by_nobody(name: str) -> None:
    assert detected(tab_separated(shared(f"paper/{name}"))) is None
