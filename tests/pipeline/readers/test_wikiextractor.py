"""Reading texts of ``<doc>`` blocks: WikiExtractor's, LCSTS's and Sogou's."""

import io

import polars as pl
import pytest

from pipeline.readers.chunk import OFFSET, ROW, Chunk, Reader, ReadOptions, Table
from pipeline.readers.wikiextractor import PSEUDO_XML, WIKIEXTRACTOR
from pipeline.sources.inputs import Input

ARTICLES = """<doc id="13" url="https://zh.wikipedia.org/wiki?curid=13" title="数学">
数学

数学是研究<doc id=的学科。

</doc>
<doc id="14" revid="2" url="https://zh.wikipedia.org/wiki?curid=14" title="“"引号"”">
“"引号"”

标点。
</doc>
"""
LCSTS = """<doc id=0>
    <summary>
        修改后的立法法全文公布
    </summary>
    <short_text>
        新华社受权公布，x<5
    </short_text>
</doc>
<doc id=1>
    <human_label>5</human_label>
    <summary>
        可穿戴技术
    </summary>
    <short_text>
        第一段
        第二段
    </short_text>
</doc>
"""
SOGOU = """<doc>
<url>http://news.example/1.html?a=1&b=2</url>
<docno>98590b97</docno>
<contenttitle>标题</contenttitle>
<content>正文</content>
</doc>
"""


def source(data: bytes) -> Input:
    return Input(name="wiki_00", open=lambda: io.BytesIO(data))


def table_of(reader: Reader, data: bytes, options: ReadOptions | None = None) -> Table:
    return reader.tables(source(data), options or ReadOptions())[0]


def read(reader: Reader, data: bytes, options: ReadOptions | None = None) -> Chunk:
    chunks = list(table_of(reader, data, options).chunks(None))
    return Chunk(
        frame=pl.concat([chunk.frame for chunk in chunks]),
        rejected=pl.concat([chunk.rejected for chunk in chunks]),
        notes={name: count for chunk in chunks for name, count in chunk.notes.items()},
    )


def test_articles_come_with_their_attributes_and_a_text_that_begins_with_the_title() -> None:
    frame = read(WIKIEXTRACTOR, ARTICLES.encode()).frame

    assert frame.drop(OFFSET).rows() == [
        (1, "13", "https://zh.wikipedia.org/wiki?curid=13", "数学", "数学\n\n数学是研究<doc id=的学科。"),
        (7, "14", "https://zh.wikipedia.org/wiki?curid=14", '“"引号"”', '“"引号"”\n\n标点。'),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("chunk_bytes", [60, 200, 1 << 20])
def test_encoding_line_ends_and_chunks_make_no_difference(encoding: str, line_end: str, chunk_bytes: int) -> None:
    data = ARTICLES.replace("\n", line_end).encode(encoding)
    expected = read(WIKIEXTRACTOR, ARTICLES.encode())

    chunk = read(WIKIEXTRACTOR, data, ReadOptions(chunk_bytes=chunk_bytes))

    assert chunk.frame.drop(OFFSET).rows() == expected.frame.drop(OFFSET).rows()
    assert chunk.rejected.is_empty()
    if encoding != "utf-16":
        assert [data[offset : offset + 8] for offset in chunk.frame[OFFSET]] == [b"<doc id=", b"<doc id="]


def test_a_missing_end_costs_one_record_and_stray_text_is_rejected() -> None:
    broken = "断篇\n" + ARTICLES.replace("</doc>\n", "", 1) + "\n尾巴\n" + ARTICLES

    chunk = read(WIKIEXTRACTOR, broken.encode())

    assert chunk.frame["id"].to_list() == ["14", "13", "14"]
    assert chunk.rejected[ROW].to_list() == [1, 2, 13]
    assert chunk.rejected["reason"].to_list() == ["damaged"] * 3
    assert chunk.rejected["detail"].to_list() == [
        "text outside of <doc> … </doc>",
        "no </doc>",
        "text outside of <doc> … </doc>",
    ]


def test_a_line_in_another_encoding_is_read_and_one_in_none_rejects_its_record() -> None:
    mixed = ARTICLES.encode().replace("标点。".encode(), "标点。".encode("gb18030"))
    hopeless = ARTICLES.encode().replace("标点。".encode(), b"\xff\xff\xff")

    assert read(WIKIEXTRACTOR, mixed).frame["text"][1] == '“"引号"”\n\n标点。'
    assert read(WIKIEXTRACTOR, mixed).notes == {"mixed_encoding": 1}
    assert read(WIKIEXTRACTOR, hopeless).rejected.select(ROW, "reason").rows() == [(7, "undecodable")]


def test_a_block_that_never_ends_is_cut_instead_of_filling_the_memory() -> None:
    data = (ARTICLES.splitlines()[0] + "\n" + "长\n" * 5_000).encode()

    chunks = list(table_of(WIKIEXTRACTOR, data, ReadOptions(chunk_bytes=500)).chunks(None))

    assert max(chunk.rejected["raw"].str.len_bytes().sum() for chunk in chunks) < 5_000
    assert {detail for chunk in chunks for detail in chunk.rejected["reason"]} == {"damaged"}


def test_pseudo_xml_gives_its_inner_tags_as_columns() -> None:
    table = table_of(PSEUDO_XML, LCSTS.encode())

    chunk = read(PSEUDO_XML, LCSTS.encode())

    assert table.columns == ("id", "summary", "short_text", "human_label")
    assert chunk.frame.drop(OFFSET).rows() == [
        (1, "0", "修改后的立法法全文公布", "新华社受权公布，x<5", None),
        (9, "1", "可穿戴技术", "第一段\n        第二段", "5"),
    ]


def test_pseudo_xml_may_stand_on_one_line_or_without_an_id() -> None:
    one_line = "<doc id=0><summary>甲</summary><short_text>乙</short_text></doc>\n" * 2

    assert read(PSEUDO_XML, one_line.encode()).frame["short_text"].to_list() == ["乙", "乙"]
    assert read(PSEUDO_XML, (SOGOU * 3).encode("gb18030")).frame["contenttitle"].to_list() == ["标题"] * 3


def test_an_inner_tag_that_is_never_closed_costs_one_record() -> None:
    chunk = read(PSEUDO_XML, LCSTS.replace("</summary>", "", 1).encode())

    assert chunk.frame["id"].to_list() == ["1"]
    assert chunk.rejected.select(ROW, "reason", "detail").rows() == [(1, "damaged", "no </summary>")]
    assert chunk.rejected["raw"][0].startswith("<doc id=0>\n    <summary>\n")


def test_wanted_columns_come_in_their_order_and_types() -> None:
    wanted = {"title": pl.String(), "turns": pl.List(pl.String)}

    frame = next(table_of(WIKIEXTRACTOR, ARTICLES.encode()).chunks(wanted)).frame

    assert frame.schema == {ROW: pl.UInt64, OFFSET: pl.Int64, **wanted}
    assert frame["title"][0] == "数学"


@pytest.mark.parametrize(
    ("data", "reader"),
    [
        (ARTICLES, WIKIEXTRACTOR),
        (LCSTS, PSEUDO_XML),
        (SOGOU, PSEUDO_XML),
        ("<doc id=0><summary>甲</summary></doc>", PSEUDO_XML),
        ("<docs><doc><title>甲</title></doc></docs>", None),
        ('<?xml version="1.0"?>\n<doc><title>甲</title></doc>', None),
        ('{"id": "13", "title": "<doc id=0><a>"}', None),
    ],
)
def test_each_form_is_claimed_by_its_reader_only(data: str, reader: Reader | None) -> None:
    claims = [one for one in (WIKIEXTRACTOR, PSEUDO_XML) if one.recognises(source(b""), data.encode())]

    assert claims == ([] if reader is None else [reader])
