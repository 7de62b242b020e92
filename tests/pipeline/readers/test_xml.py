"""Reading XML: patent documents and records of any kind."""

import json
from collections.abc import Iterator
from xml.sax.saxutils import escape

import polars as pl
import pytest

from pipeline.readers.chunk import OFFSET, ROW, ReadOptions
from pipeline.readers.xml import XML
from schemas.errors import SourceError
from tests.pipeline.readers.xml_files import CNIPA, PARTS, SECOND, TWO, USPTO, column, read, source, table_of
from tests.shared_data import shared


def test_a_cnipa_document_gives_one_row_of_the_patent_columns() -> None:
    chunk = read(CNIPA)

    assert chunk.frame.drop(ROW, OFFSET).to_dicts() == [
        {
            "title": "制取CO2的方法",
            "abstract": "本发明公开了一种方法。\n&CenterDot;成本低。",
            "publication_number": "CN1020A",
            "application_number": "CN2009101.0",
            "ipc": "H04L27/26",
            "applicant": "甲公司; 乙大学",
        }
    ]
    assert chunk.rejected.is_empty()


def test_a_part_of_an_application_gives_the_columns_it_has_and_nulls() -> None:
    row = read(PARTS).frame.to_dicts()[0]

    assert row["abstract"] == "本发明提供一种装置，包括\n袋。"
    assert [row["title"], row["ipc"], row["applicant"], row["publication_number"]] == [None] * 4


def test_the_documents_of_a_weekly_file_are_rows_and_other_documents_between_them_are_counted() -> None:
    other = '<?xml version="1.0"?><!DOCTYPE sequence-cwu SYSTEM "s.dtd"><sequence-cwu><p>ACGT</p></sequence-cwu>\n'

    chunk = read(USPTO.format(number=1) + other + USPTO.format(number=2))

    assert chunk.frame["publication_number"].to_list() == ["US1B2", "US2B2"]
    assert chunk.frame["title"].to_list() == ["Making H2O"] * 2
    assert chunk.frame["applicant"].to_list() == ["Hua Li"] * 2
    assert chunk.notes == {"other_elements": 1}


def test_leaves_are_columns_under_their_local_names_and_repeated_ones_are_joined() -> None:
    data = """<a:list xmlns:a="urn:a"><a:patent id="1"><a:title>甲</a:title><a:inventor>子</a:inventor>
    <a:inventor>丑</a:inventor><a:cited><a:title>他</a:title></a:cited></a:patent>
    <a:patent id="2"><a:cited><a:title>别</a:title></a:cited></a:patent></a:list>"""

    frame = read(data).frame

    assert frame.drop(ROW, OFFSET).to_dicts() == [
        {"id": "1", "title": "甲", "inventor": "子\n丑", "cited.title": "他"},
        {"id": "2", "title": None, "inventor": None, "cited.title": "别"},
    ]


def test_attributes_and_named_fields_are_columns_too() -> None:
    attributes = '<rows total="2"><row title="甲" abstract="子"/><row title="乙 > 丙" abstract="丑"/></rows>'
    row = '<row><field name="title">{}</field><field name="abstract">子</field></row>'
    dump = f'<mysqldump><database name="d"><table>{row.format("甲")}{row.format("乙")}</table></database></mysqldump>'

    assert column(attributes, "title") == ["甲", "乙 > 丙"]
    assert column(dump, "title") == ["甲", "乙"]


def test_inline_tags_inside_a_leaf_are_left_out_and_its_whitespace_is_kept() -> None:
    data = "<ps><p1><t> 水H<sub>2</sub>O\n  </t></p1><p1><t>x &lt; 5 &amp; y</t></p1></ps>"

    assert column(data, "t") == [" 水H2O\n  ", "x < 5 & y"]


def test_a_single_document_is_one_record() -> None:
    data = "<article><title>甲</title><abstract>子</abstract><authors><author>乙</author></authors></article>"

    assert read(data).frame.drop(ROW, OFFSET).rows() == [("甲", "子", "乙")]


def test_tags_in_comments_and_cdata_sections_are_no_records() -> None:
    data = TWO.format("<!-- <patent> --><patent><title><![CDATA[<patent>]]></title></patent>")

    assert column(data, "title") == ["甲", "<patent>"]


def test_offsets_are_the_bytes_at_which_records_start() -> None:
    data = ("<?xml version='1.0' encoding='GBK'?>\n" + TWO.format(" \n" + SECOND)).encode("gb18030")

    offsets = read(data).frame[OFFSET].to_list()

    assert [data[offset : offset + 8] for offset in offsets] == [b"<patent>"] * 2


def test_wanted_columns_come_in_their_order_and_types_and_missing_ones_are_null() -> None:
    wanted = {"abstract": pl.String(), "turns": pl.List(pl.String), "title": pl.String()}

    frame = next(table_of(TWO.format(SECOND)).chunks(wanted)).frame

    assert frame.schema == {ROW: pl.UInt64, OFFSET: pl.Int64, **wanted}
    assert frame.drop(ROW, OFFSET).rows() == [("子", None, "甲"), ("丑", None, "乙")]


def test_chunks_are_about_as_large_as_asked() -> None:
    data = TWO.format(SECOND * 100)

    chunks = list(table_of(data, ReadOptions(chunk_bytes=1_000)).chunks(None))

    assert len(chunks) > 5
    assert sum(chunk.rows_read for chunk in chunks) == 101
    assert [row for chunk in chunks for row in chunk.frame[ROW]] == list(range(1, 102))


def html_pages() -> Iterator[str]:
    yield "<!DOCTYPE html><html><body>404</body></html>"
    yield '<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html xmlns="http://www.w3.org/1999/xhtml"><p>404</p></html>'
    yield "<!-- x --><HTML><head></head></HTML>"
    yield "<head><title>Not found</title></head>"


@pytest.mark.parametrize("page", [*html_pages(), "<mediawiki><page/></mediawiki>", "<UNK>很好", '{"a": "<b></b>"}', ""])
def test_what_is_no_xml_of_records_is_not_claimed(page: str) -> None:
    assert not XML.recognises(source(page, "page.html"), page.encode())


@pytest.mark.parametrize("data", [CNIPA, USPTO, PARTS, TWO.format(""), "<rss version='2.0'><channel/></rss>"])
def test_xml_is_claimed_whatever_its_name(data: str) -> None:
    assert XML.recognises(source(data, "download"), data.encode())
    assert XML.recognises(source(data, "download"), ("\ufeff" + data).encode("utf-16-le"))


def test_xml_without_records_says_so() -> None:
    with pytest.raises(SourceError, match=r"patents.xml: no records in this XML: its root element is empty"):
        table_of("<?xml version='1.0'?><patents></patents>")


def test_real_patents_rewritten_as_xml_come_back_the_same() -> None:
    lines = shared("patent/bdci2022_patents_train.json").read_text(encoding="utf-8").splitlines()
    patents = [(row["title"], row["abstract"]) for row in map(json.loads, lines)]
    rows = "".join(f"<patent><title>{escape(t)}</title><abstract>{escape(a)}</abstract></patent>\n" for t, a in patents)

    for encoding in ("utf-8", "gb18030", "utf-16"):
        data = f'<?xml version="1.0" encoding="{encoding}"?>\n<patents>\n{rows}</patents>\n'.encode(encoding)
        chunk = read(data)

        assert chunk.frame.select("title", "abstract").rows() == patents
        assert chunk.rejected.is_empty()
        assert not chunk.notes
