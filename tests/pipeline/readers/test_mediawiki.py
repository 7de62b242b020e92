"""Reading MediaWiki dumps."""

import bz2
import io

import pytest

from pipeline.readers import xml_split
from pipeline.readers.chunk import OFFSET, ROW, Chunk, ReadOptions
from pipeline.readers.mediawiki import MEDIAWIKI
from pipeline.sources.inputs import Input

PAGE = """  <page>
    <title>数学</title>
    <ns>0</ns>
    <id>13</id>
    <revision><id>1</id><timestamp>2020-01-01T00:00:00Z</timestamp><text xml:space="preserve">旧</text></revision>
    <revision><id>2</id><timestamp>2024-01-01T00:00:00Z</timestamp><contributor><id>9</id></contributor>
      <text bytes="9" xml:space="preserve">'''数学'''是&lt;ref&gt;x&lt;/ref&gt;[[科学|学科]]。
{{Infobox}}</text></revision>
  </page>
"""
REDIRECT = (
    '<page><title>算学</title><ns>0</ns><id>14</id><redirect title="数学" /><revision><text/></revision></page>\n'
)
HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-{0}/" version="{0}" xml:lang="zh">
  <siteinfo><sitename>Wikipedia</sitename></siteinfo>
"""
DUMP = HEAD.format("0.11") + PAGE + REDIRECT + "</mediawiki>\n"


def read(data: bytes, options: ReadOptions | None = None) -> list[Chunk]:
    source = Input(name="zhwiki.xml", open=lambda: io.BytesIO(data))
    return list(MEDIAWIKI.tables(source, options or ReadOptions())[0].chunks(None))


@pytest.mark.parametrize("version", ["0.10", "0.11"])
def test_a_page_is_a_row_with_its_last_revision(version: str) -> None:
    dump = DUMP.replace("0.11", version)

    (chunk,) = read(dump.encode())

    page, redirect = chunk.frame.drop(OFFSET).to_dicts()
    assert page == {
        ROW: 1,
        "title": "数学",
        "ns": "0",
        "id": "13",
        "redirect": None,
        "text": "'''数学'''是<ref>x</ref>[[科学|学科]]。\n{{Infobox}}",
        "timestamp": "2024-01-01T00:00:00Z",
    }
    assert (redirect["title"], redirect["redirect"], redirect["text"]) == ("算学", "数学", "")


def test_the_version_of_the_export_is_said() -> None:
    source = Input(name="zhwiki.xml", open=lambda: io.BytesIO(DUMP.encode()))

    (table,) = MEDIAWIKI.tables(source, ReadOptions())

    assert table.facts == {"export": "export-0.11"}
    assert table.columns == ("title", "ns", "id", "redirect", "text", "timestamp")
    assert table.sample[0]["title"] == "数学"


def test_a_multistream_dump_is_read_through_all_its_streams() -> None:
    parts = (HEAD.format("0.11"), PAGE, REDIRECT * 100, PAGE, "</mediawiki>")
    data = b"".join(bz2.compress(part.encode()) for part in parts)
    source = Input(name="zhwiki.xml.bz2", open=lambda: bz2.BZ2File(io.BytesIO(data)))

    chunks = list(MEDIAWIKI.tables(source, ReadOptions())[0].chunks(None))

    assert sum(chunk.frame.height for chunk in chunks) == 102


def test_a_damaged_page_costs_only_itself() -> None:
    broken = PAGE.replace("</text>", "", 1)

    (chunk,) = read((HEAD.format("0.11") + broken + REDIRECT + PAGE + "</mediawiki>").encode())

    assert chunk.frame["title"].to_list() == ["算学", "数学"]
    assert chunk.rejected[ROW].to_list() == [1]


def test_a_dump_that_breaks_off_gives_its_whole_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_split, "BLOCK_BYTES", 50)
    data = (HEAD.format("0.11") + REDIRECT * 5 + PAGE).encode()[:-60]

    chunks = read(data, ReadOptions(chunk_bytes=200))

    assert sum(chunk.frame.height for chunk in chunks) == 5
    assert [detail for chunk in chunks for detail in chunk.rejected["detail"]] == ["the source ends inside this record"]


def test_only_dumps_are_claimed() -> None:
    source = Input(name="a.xml", open=io.BytesIO)

    assert MEDIAWIKI.recognises(source, DUMP.encode())
    assert MEDIAWIKI.recognises(source, b'\xef\xbb\xbf<?xml version="1.0"?>\n' + DUMP.encode())
    assert not MEDIAWIKI.recognises(source, b"<page><title>x</title></page>")
    assert not MEDIAWIKI.recognises(source, b"<html><body>mediawiki</body></html>")
