"""Which converter reads a table, and what is said where none does."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from pipeline.choose import Choice, choose, one_domain
from pipeline.options import ConvertOptions
from pipeline.readers.chunk import Table
from schemas.errors import FormatError, OptionError
from schemas.records import HISTORY


def table(rows: Sequence[Mapping[str, Any]], name: str = "x.jsonl") -> Table:
    columns = tuple(dict.fromkeys(column for row in rows for column in row))
    return Table(name=name, reader="json", columns=columns, sample=rows, chunks=lambda _: iter(()))


def chosen(rows: Sequence[Mapping[str, Any]], **options: Any) -> Choice:
    return choose(table(rows), ConvertOptions(**options))


def refusal(rows: Sequence[Mapping[str, Any]], **options: Any) -> str:
    with pytest.raises((FormatError, OptionError)) as refused:
        chosen(rows, **options)
    message = str(refused.value)
    assert "\n" not in message
    return message


PATENT = {"title": "一种装置", "abstract": "本发明公开了一种装置。"}
PAPER = {"title": "论装置", "abstract": "本文研究装置。"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (PATENT, "patent/abstracts"),
        (PAPER, "paper/table"),
        ({**PATENT, "assignee": "甲公司"}, "patent/bdci"),
        ({"instruction": "你好", "input": "", "output": "好"}, "instruct/alpaca"),
        ({"content": "类型#上衣", "summary": "一件上衣"}, "instruct/advertise_gen"),
        ({"PROMPT ": "你好", "\ufeffResponse": "好"}, "instruct/chat"),
    ],
)
def test_the_converter_is_found_by_columns_and_content(row: Mapping[str, str], expected: str) -> None:
    assert chosen([row] * 3).mapped.converter.name == expected


def test_an_alias_known_from_documentation_only_is_marked() -> None:
    choice = chosen([{"申请号": "CN1", "title": "一种装置", "摘要": "本发明公开了一种装置。"}])

    assert choice.unverified == ("摘要", "申请号")
    assert choice.mapped.mapping == {"title": "title", "abstract": "摘要", "number": "申请号"}


def test_other_converters_that_understand_the_table_are_named() -> None:
    assert chosen([{**PATENT, "assignee": "甲公司"}]).alternatives == ("patent/abstracts", "paper/table")


def test_whoever_names_the_domain_needs_no_words_of_it() -> None:
    assert chosen([PAPER], domain="patent").mapped.converter.name == "patent/abstracts"
    assert chosen([PAPER], format="patent/abstracts").mapped.converter.name == "patent/abstracts"


def test_columns_without_names_are_told_by_their_content_only() -> None:
    categories = [{"0": "to category", "1": "本文研究装置。", "2": "工学"}] * 3

    assert "not a paper source; found 0 (to category), 1 (" in refusal(categories, domain="paper")


@pytest.mark.parametrize(
    ("row", "options", "expected"),
    [
        ({"甲": "1"}, {}, "no converter knows these columns; found 甲; name them with --map content=COLUMN"),
        ({"title": "论装置", "year": "2020"}, {}, "there is a title (title) but no abstract or answer"),
        (PATENT, {"domain": "legal"}, "not a legal source; found title, abstract; they are those of patent/abstracts"),
        (PATENT, {"format": "legal/statutes"}, "not legal/statutes; found title, abstract; they are those of"),
        (PATENT, {"format": "bdci"}, "did you mean patent/bdci?"),
        (PATENT, {"format": "patent/bcdi"}, "did you mean patent/bdci or"),
        ({f"列{n}": "x" for n in range(30)}, {}, "列10, 列11 …; name them"),
    ],
)
def test_a_refusal_says_what_was_found_and_what_helps(
    row: Mapping[str, str], options: dict[str, Any], expected: str
) -> None:
    assert expected in refusal([row], **options)


def test_a_table_without_rows_is_no_riddle_of_columns() -> None:
    assert refusal([]) == "x.jsonl: no row in it that can be read; expected rows with columns"


def test_named_columns_make_a_converter_of_their_own() -> None:
    options = {"map": {"prompt": "问 ", "summary": "答", "history": "前文", "group": "编号"}, "domain": "legal"}

    mapped = chosen([{"问": "一", "答": "二", "前文": [], "编号": "3"}], **options).mapped

    assert mapped.converter.name == "legal/mapped"
    assert mapped.mapping == {"content": "问", "summary": "答", "history": "前文", "group": "编号"}
    assert mapped.columns == {"问": pl.String(), "答": pl.String(), "前文": HISTORY, "编号": pl.String()}


def test_the_domain_of_named_columns_is_found_where_it_can_be() -> None:
    mapping = {"content": "abstract", "summary": "title"}

    assert chosen([{**PATENT, "ipc": "A", "publication_number": "CN1"}], map=mapping, domain="patent")
    assert "--map needs --domain" in refusal([{"甲": "1", "乙": "2"}], map={"content": "甲", "summary": "乙"})


def test_sources_of_one_domain_have_it_in_common() -> None:
    choices = {"a": chosen([PATENT]), "b": chosen([{**PATENT, "assignee": "甲"}])}

    assert one_domain(choices, ConvertOptions()) == "patent"
    assert one_domain(choices, ConvertOptions(domain="paper")) == "paper"
    with pytest.raises(FormatError, match=re.escape("different domains: c is paper, b is patent")):
        one_domain({**choices, "c": chosen([PAPER])}, ConvertOptions())
