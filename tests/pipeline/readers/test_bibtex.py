"""BibTeX entries become the uniform columns of a citation; what cannot be parsed stands in the ledger."""

import io
import logging

import polars as pl
import pytest

from pipeline.readers.bibtex import BIBTEX
from pipeline.readers.chunk import Chunk, ReadOptions
from pipeline.readers.citation_tags import COLUMNS
from pipeline.sources.inputs import Input
from schemas.places import OFFSET, ROW

TEXT = r"""% Encoding: UTF-8
@string{jos = "软件学报"}
@article{a1,
  title    = {深度{学习}的 {BERT} 模型, $x_{1}<5\%$},
  author   = {张三 and M{\"u}ller, J.},
  journal  = jos, year = 2019, number = 3,
  abstract = "增长5%的方法, 100\% 与 \textbf{粗体}, 见 C:\path\new",
  keywords = {方法, 模型}
}
@Article{a1, title={同键的另一篇}, abstract={摘要}}
@article{a2, Title={甲}, Title={乙}}
@article{a3, title={没有结束,
  abstract = {x}

@phdthesis{b1, title = {书}, school = {某大学}}
@comment{无关}
"""


def _input(text: str | bytes) -> Input:
    data = text.encode() if isinstance(text, str) else text
    return Input(name="a.bib", open=lambda: io.BytesIO(data))


def _chunks(text: str | bytes, chunk_bytes: int = 1 << 20) -> list[Chunk]:
    return list(BIBTEX.tables(_input(text), ReadOptions(chunk_bytes=chunk_bytes))[0].chunks(None))


def _frame(text: str | bytes, chunk_bytes: int = 1 << 20) -> pl.DataFrame:
    return pl.concat([chunk.frame for chunk in _chunks(text, chunk_bytes)])


def test_an_entry_has_the_uniform_columns() -> None:
    first = _frame(TEXT).row(0, named=True)

    assert first == {
        ROW: 3,
        OFFSET: TEXT.encode().index(b"@article{a1"),
        "title": r"深度学习的 BERT 模型, $x_{1}<5\%$",
        "abstract": r"增长5%的方法, 100% 与 粗体, 见 C:\path\new",
        "keywords": "方法, 模型",
        "author": "张三; Müller, J.",
        "journal": "软件学报",
        "year": "2019",
        "type": "article",
        "language": None,
        "number": "3",
    }


def test_entries_with_a_key_or_a_field_twice_are_kept() -> None:
    assert _frame(TEXT)["title"].to_list()[1:] == ["同键的另一篇", "甲", "书"]


def test_an_entry_that_cannot_be_parsed_is_rejected_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        rejected = pl.concat([chunk.rejected for chunk in _chunks(TEXT)])

    (found,) = rejected.to_dicts()
    assert (found[ROW], found["reason"]) == (12, "damaged")
    assert found["raw"].startswith("@article{a3")
    assert "Unexpected block start" in found["detail"]
    assert caplog.records == []


def test_every_block_is_counted() -> None:
    chunks = _chunks(TEXT)

    assert sum(chunk.not_a_record.get("comment", 0) for chunk in chunks) == 3  # header, @string, @comment
    assert sum(chunk.rows_read for chunk in chunks) == 4 + 1 + 3


@pytest.mark.parametrize("chunk_bytes", [60, 300])
def test_the_size_of_a_chunk_changes_nothing(chunk_bytes: int) -> None:
    assert _frame(TEXT, chunk_bytes).equals(_frame(TEXT))


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_encodings_change_nothing(encoding: str) -> None:
    text = TEXT.replace("ü", "u")

    assert _frame(text.encode(encoding)).select(COLUMNS).equals(_frame(text).select(COLUMNS))


def test_an_entry_with_undecodable_bytes_is_rejected() -> None:
    text = (
        "@book{a, title={甲乙丙丁}}\n@book{b,\n title={".encode()
        + b"\xff\xfe\xff}}\n"
        + "@book{c, title={戊己}}".encode()
    )

    chunks = _chunks(text)

    assert [title for chunk in chunks for title in chunk.frame["title"]] == ["甲乙丙丁", "戊己"]
    rejected = pl.concat([chunk.rejected for chunk in chunks])
    assert rejected.select(ROW, "reason").rows() == [(2, "undecodable")]


def test_raw_is_the_own_text_of_an_entry() -> None:
    chunk = next(chunk for chunk in _chunks(TEXT) if chunk.frame.height > 1)

    assert chunk.raw(chunk.frame[1:2]).to_list() == ["@Article{a1, title={同键的另一篇}, abstract={摘要}}"]


@pytest.mark.parametrize(
    ("text", "is_bibtex"), [(TEXT, True), ("@user 说 {好}", False), ('{"a": "@article{x,"}', False)]
)
def test_bibtex_is_recognised_by_an_entry_with_a_title(text: str, is_bibtex: bool) -> None:
    source = _input(text)

    assert BIBTEX.recognises(source, source.head()) == is_bibtex
