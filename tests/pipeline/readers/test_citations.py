"""Citation exports of every shape become the same columns, and no record is lost."""

import io
from pathlib import Path

import polars as pl
import pytest

from pipeline.readers.chunk import Reader, ReadOptions, Table
from pipeline.readers.citation_tags import COLUMNS
from pipeline.readers.citations import CITATIONS, ENDNOTE, RIS
from pipeline.sources.inputs import Input
from schemas.places import OFFSET, ROW
from tests.shared_data import shared

ENDNOTE_TEXT = """%0 Journal Article
%A 张三
%A 李四
%T 一种方法
%J 学报
%D 2019
%N 03
%K 方法;;模型
%X 摘要第一段
%P 1-9
%W CNKI

%0 Thesis
%T 另一种方法
%X 第一行,

    缩进的第二行
%9 硕士
%Z 未知

"""
RIS_TEXT = """TY - JOUR
A1 - 张三
A1 - 李四
AB - 摘要第一段
T1 - 一种方法
Y1 - 2019
JO - 学报
IS - 03
KW - 方法
KW - 模型
ER -\x20


TY  - THES
TI  - 另一种方法
N2  - 第一行,
缩进的第二行
ER  -
"""
NOTEEXPRESS_TEXT = """{Reference Type}: Journal Article
{Title}: 一种方法
{Author}: 张三;李四
{Journal}: 学报
{Year}: 2019
{Issue}: 03
{Keywords}: 方法;模型
{Abstract}: 摘要第一段

{Reference Type}: Thesis
{Title}: 另一种方法
{Abstract}: 第一行,
Methods: 缩进的第二行
"""
ESTUDY_TEXT = """DataType: 1
Title-题名: 一种方法
Author-作者: 张三;李四;
Source-刊名: 学报
Year-年: 2019
Period-期: 03
Keyword-关键词: 方法;模型
Summary-摘要: 摘要第一段
SrcDatabase-来源库: 期刊

DataType: 2
Title-题名: 另一种方法
Summary-摘要: 第一行,
Methods: 缩进的第二行
SrcDatabase-来源库: 硕士
"""
CUSTOM_TEXT = """SrcDatabase-来源库: 期刊
Title-题名: 一种方法
Source-文献来源: 学报
Summary-摘要: 摘要第一段
Year-年: 2019

SrcDatabase-来源库: 硕士
Title-题名: 另一种方法
Summary-摘要: 第一行,
Methods: 缩进的第二行
"""
REFWORKS_TEXT = """RT Journal Article
A1 张三;李四
T1 一种方法
JF 学报
YR 2019
AB 摘要第一段

RT Thesis
T1 另一种方法
AB 第一行,
AI 缩进的第二行
"""
SAMPLES = dict(
    zip(
        ("endnote", "ris", "noteexpress", "estudy", "cnki-custom", "refworks"),
        (ENDNOTE_TEXT, RIS_TEXT, NOTEEXPRESS_TEXT, ESTUDY_TEXT, CUSTOM_TEXT, REFWORKS_TEXT),
        strict=True,
    )
)
EVERY = pytest.mark.parametrize("reader", CITATIONS, ids=lambda reader: reader.name)


def _input(text: str | bytes) -> Input:
    data = text.encode() if isinstance(text, str) else text
    return Input(name="a.txt", open=lambda: io.BytesIO(data))


def _table(reader: Reader, text: str | bytes, chunk_bytes: int = 1 << 20) -> Table:
    return reader.tables(_input(text), ReadOptions(chunk_bytes=chunk_bytes))[0]


def _frame(table: Table) -> pl.DataFrame:
    return pl.concat([chunk.frame for chunk in table.chunks(None)])


@EVERY
def test_a_format_is_recognised_by_its_own_reader_only(reader: Reader) -> None:
    source = _input(SAMPLES[reader.name])

    first = next(each for each in CITATIONS if each.recognises(source, source.head()))

    assert first is reader


@EVERY
def test_every_format_gives_the_same_columns(reader: Reader) -> None:
    table = _table(reader, SAMPLES[reader.name])

    frame = _frame(table)

    assert frame.columns == [ROW, OFFSET, *COLUMNS]
    assert frame["title"].to_list() == ["一种方法", "另一种方法"]
    assert frame["abstract"][0] == "摘要第一段"
    assert frame["abstract"][1].startswith("第一行,\n")
    assert frame["abstract"][1].endswith("缩进的第二行")
    assert frame["journal"].to_list() == ["学报", None]
    assert frame["year"].to_list() == ["2019", None]
    assert [row["title"] for row in table.sample] == frame["title"].to_list()


@EVERY
@pytest.mark.parametrize("chunk_bytes", [40, 150])
def test_the_size_of_a_chunk_changes_nothing(reader: Reader, chunk_bytes: int) -> None:
    text = SAMPLES[reader.name]

    assert _frame(_table(reader, text, chunk_bytes)).equals(_frame(_table(reader, text)))


@EVERY
@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_line_ends_and_encodings_change_nothing(reader: Reader, encoding: str) -> None:
    text = SAMPLES[reader.name]
    source = text.replace("\n", "\r\n").encode(encoding)

    assert reader.recognises(_input(source), source)
    assert _frame(_table(reader, source)).select(COLUMNS).equals(_frame(_table(reader, text)).select(COLUMNS))


@EVERY
def test_a_place_points_at_the_first_line_of_its_record(reader: Reader) -> None:
    data = SAMPLES[reader.name].encode("gb18030")
    first_lines = {SAMPLES[reader.name].splitlines()[0][:3].encode("gb18030")}

    for row, offset in _frame(_table(reader, data)).select(ROW, OFFSET).rows():
        assert data[offset : offset + 3] in first_lines
        assert data[:offset].count(b"\n") == row - 1


def test_fields_given_several_times_are_joined() -> None:
    frame = _frame(_table(RIS, RIS_TEXT))

    assert frame["author"].to_list() == ["张三; 李四", None]
    assert frame["keywords"].to_list() == ["方法; 模型", None]
    assert frame["type"].to_list() == ["JOUR", "THES"]
    assert frame["number"].to_list() == ["03", None]


def test_raw_is_the_own_text_of_a_record() -> None:
    text = RIS_TEXT + RIS_TEXT

    chunk = next(_table(RIS, text.replace("\n", "\r\n")).chunks(None))
    raw = chunk.raw(chunk.frame[:2].reverse())

    assert raw.to_list() == [RIS_TEXT[RIS_TEXT.index("TY  -") :].strip("\n"), RIS_TEXT[: RIS_TEXT.index("\n\n\n")]]


def test_an_empty_or_missing_abstract_is_null() -> None:
    text = "%0 A\n%T 甲\n%X\n%P 1\n\n%0 A\n%T 乙\n\n%0 A\n%T 丙\n%X \n\n   下一页\n"

    assert _frame(_table(ENDNOTE, text))["abstract"].to_list() == [None, None, None]


def test_a_damaged_record_is_kept_if_it_has_a_title() -> None:
    text = "%A 张三\n%T 没有开头\n\n%0 A\n%T 完整\n"

    assert _frame(_table(ENDNOTE, text))["title"].to_list() == ["没有开头", "完整"]


def test_a_record_in_the_middle_that_lost_its_first_line_is_a_record_of_its_own() -> None:
    text = "%0 A\n%T 甲\n%X 摘要\n\n%A 张三\n%T 乙\n%X 二\n\n%A 李四\n%T 丙\n\n%0 A\n%T 丁\n"

    frame = _frame(_table(ENDNOTE, text))

    assert frame["title"].to_list() == ["甲", "乙", "丙", "丁"]
    assert frame["abstract"].to_list() == ["摘要", "二", None, None]


@pytest.mark.parametrize(
    ("reader", "text", "raw"),
    [
        (ENDNOTE, "%A 张三\n%D 2019\n%0 A\n%T 完整\n", "%A 张三\n%D 2019"),
        (ENDNOTE, "共 1 条\n\n%0 A\n%T 完整\n", "共 1 条"),
        (RIS, "TY - JOUR\nT1 - 完整\nER - \n\nTY - JOUR\nAB - 断", "TY - JOUR\nAB - 断"),
        (RIS, "A1 - 张三\nER - \nTY - JOUR\nT1 - 完整\nER - \n", "A1 - 张三\nER - "),
    ],
)
def test_a_damaged_record_without_a_title_is_rejected_whole(reader: Reader, text: str, raw: str) -> None:
    chunks = list(_table(reader, text).chunks(None))

    rejected = pl.concat([chunk.rejected for chunk in chunks])
    assert rejected["reason"].to_list() == ["damaged"]
    assert rejected["raw"].to_list() == [raw]
    assert [title for chunk in chunks for title in chunk.frame["title"]] == ["完整"]


def test_a_record_without_er_is_kept_and_so_is_the_next() -> None:
    text = "TY - JOUR\nT1 - 甲\n\nTY - JOUR\nT1 - 乙\nER - \n\nTY - JOUR\nT1 - 丙"

    assert _frame(_table(RIS, text))["title"].to_list() == ["甲", "乙", "丙"]


def test_a_record_with_undecodable_bytes_is_rejected() -> None:
    text = "%0 A\n%T 甲乙丙丁\n\n%0 A\n%T ".encode() + b"\xff\xfe\xff\n\n" + "%0 A\n%T 乙丙丁戊\n".encode()

    chunks = list(_table(ENDNOTE, text).chunks(None))

    assert [title for chunk in chunks for title in chunk.frame["title"]] == ["甲乙丙丁", "乙丙丁戊"]
    (rejected,) = pl.concat([chunk.rejected for chunk in chunks]).to_dicts()
    assert (rejected["reason"], rejected["raw"], rejected[ROW]) == ("undecodable", "%0 A\n%T \\xff\\xfe\\xff", 4)


def test_wanted_columns_are_given_and_absent_ones_are_null() -> None:
    chunk = next(_table(ENDNOTE, "%0 A\n%T 甲\n\n%0 A\n%T 乙\n").chunks({"title": pl.String(), "desc": pl.String()}))

    assert chunk.frame.columns == [ROW, OFFSET, "title", "desc"]
    assert chunk.frame["desc"].to_list() == [None]


@pytest.mark.parametrize(
    "text", ['{"title": "%0 Journal Article\\n%T x"}', "title,abstract\nTY - 1,T1 - 2\n", "正文\n"]
)
def test_other_text_is_no_citation(text: str) -> None:
    source = _input(text)

    assert not any(reader.recognises(source, source.head()) for reader in CITATIONS)


def test_the_real_exports_hold_the_same_34_abstracts() -> None:
    found = {}
    for reader, name in ((ENDNOTE, "cnki_endnote_demo.txt"), (RIS, "cnki_refman_demo.ris")):
        path: Path = shared(f"paper/{name}")
        chunks = list(_table(reader, path.read_bytes()).chunks(None))
        assert sum(chunk.rejected.height for chunk in chunks) == 0
        frame = pl.concat([chunk.frame for chunk in chunks])
        assert frame.height == 40
        with_abstract = frame.filter(pl.col("abstract").is_not_null())
        found[reader.name] = with_abstract["title"].str.replace_all(r"\s", "").to_list()

    assert len(found["endnote"]) == 34
    assert found["endnote"] == found["ris"]


def test_a_record_without_its_first_line_does_not_run_into_the_one_above() -> None:
    text = "TY - JOUR\nT1 - 甲\nER - \nA1 - 张三\nT1 - 乙\nER - \n"

    frame = _frame(_table(RIS, text))

    assert frame.select("title", "author").rows() == [("甲", None), ("乙", "张三")]


def test_of_two_tags_for_one_column_the_first_with_a_value_counts() -> None:
    text = "TY - JOUR\nN2 - 说明\nT1 - 甲\nAB - 摘要\nER - \nTY - JOUR\nT1 - 乙\nAB - \nN2 - 说明\nER - \n"

    assert _frame(_table(RIS, text))["abstract"].to_list() == ["摘要", "说明"]
