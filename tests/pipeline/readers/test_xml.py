"""Reading XML: patent documents, records of any kind, damage, and what must never be expanded or fetched."""

import io
import json
import random
from collections.abc import Iterator
from xml.sax.saxutils import escape

import polars as pl
import pytest

from pipeline.readers import xml_split
from pipeline.readers.chunk import OFFSET, ROW, Chunk, ReadOptions, Table
from pipeline.readers.xml import XML
from pipeline.sources.inputs import Input
from schemas.errors import SourceError
from tests.shared_data import shared

CNIPA = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE business:PatentDocumentAndRelated SYSTEM "/DTDS/ExternalStandards/ipphdb-entities.dtd"[]>
<business:PatentDocumentAndRelated xmlns:base="urn:base" xmlns:business="urn:business" lang="zh">
  <business:BibliographicData>
    <business:PublicationReference><base:DocumentID><base:WIPOST3Code>CN</base:WIPOST3Code>
      <base:DocNumber>1020</base:DocNumber><base:Kind>A</base:Kind></base:DocumentID></business:PublicationReference>
    <business:ApplicationReference><base:DocumentID><base:WIPOST3Code>CN</base:WIPOST3Code>
      <base:DocNumber>2009101.0</base:DocNumber></base:DocumentID></business:ApplicationReference>
    <business:ClassificationIPCR><business:Section>H</business:Section><business:MainClass>04</business:MainClass>
      <business:Subclass>L</business:Subclass><business:MainGroup>27</business:MainGroup>
      <business:Subgroup>26</business:Subgroup><base:Text>H04L   27/26 (2006.01)</base:Text>
    </business:ClassificationIPCR>
    <business:InventionTitle lang="zh">制取CO<base:Sub>2</base:Sub>的方法</business:InventionTitle>
    <business:Applicant><base:AddressBook><base:Name>甲公司</base:Name></base:AddressBook></business:Applicant>
    <business:Applicant><base:AddressBook><base:Name>乙大学</base:Name></base:AddressBook></business:Applicant>
  </business:BibliographicData>
  <business:Abstract>
    <base:Paragraphs num="0001">本发明公开了一种方法。</base:Paragraphs>
    <base:Paragraphs num="0002">&CenterDot;成本低。</base:Paragraphs>
    <business:AbstractFigure><base:Figure><base:Image file="1.TIF"/></base:Figure></business:AbstractFigure>
  </business:Abstract>
  <business:Description><base:Paragraphs>很长</base:Paragraphs></business:Description>
</business:PatentDocumentAndRelated>
"""
USPTO = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE us-patent-grant SYSTEM "us-patent-grant-v45-2014-04-03.dtd" [ ]>
<us-patent-grant lang="EN"><us-bibliographic-data-grant>
<publication-reference><document-id><country>US</country><doc-number>{number}</doc-number><kind>B2</kind></document-id>
</publication-reference><invention-title id="d1">Making H<sub>2</sub>O</invention-title>
<us-applicant><addressbook><last-name>Li</last-name><first-name>Hua</first-name></addressbook></us-applicant>
</us-bibliographic-data-grant>
<abstract id="abstract"><p id="p-0001" num="0000">Water.</p></abstract></us-patent-grant>
"""
PARTS = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE cn-application-body SYSTEM "/dtdandxsl/cn-application-body-20080416.dtd"><?xml-stylesheet href="/x.xsl"?>
<cn-application-body lang="zh" country="CN">
\t<cn-abstract>
<p id="p0001" num="0001" Italic="0">本发明提供一种装置，包括<br/>
袋。<br/>
\t\t<!-- 1 -->
</p>
\t</cn-abstract>
</cn-application-body>"""
TWO = "<patents><patent><title>甲</title><abstract>子</abstract></patent>{}</patents>"
SECOND = "<patent><title>乙</title><abstract>丑</abstract></patent>"


def source(data: str | bytes, name: str = "patents.xml") -> Input:
    content = data.encode() if isinstance(data, str) else data
    return Input(name=name, open=lambda: io.BytesIO(content))


def table_of(data: str | bytes, options: ReadOptions | None = None) -> Table:
    return XML.tables(source(data), options or ReadOptions())[0]


def read(data: str | bytes, options: ReadOptions | None = None) -> Chunk:
    """All chunks of a table in one."""
    chunks = list(table_of(data, options).chunks(None))
    notes: dict[str, int] = {}
    for chunk in chunks:
        notes = {name: notes.get(name, 0) + chunk.notes.get(name, 0) for name in {*notes, *chunk.notes}}
    return Chunk(
        frame=pl.concat([chunk.frame for chunk in chunks], how="diagonal"),
        rejected=pl.concat([chunk.rejected for chunk in chunks]),
        notes=notes,
    )


def column(data: str | bytes, name: str) -> list[str | None]:
    return read(data).frame[name].to_list()


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


def test_a_damaged_document_of_a_weekly_file_costs_only_itself() -> None:
    broken = USPTO.format(number=2).replace("</p>", "")

    chunk = read(USPTO.format(number=1) + broken + USPTO.format(number=3))

    assert chunk.frame["publication_number"].to_list() == ["US1B2", "US3B2"]
    assert chunk.frame[ROW].to_list() == [1, 3]
    assert chunk.rejected[ROW].to_list() == [2]
    assert "mismatch: p and abstract" in chunk.rejected["detail"][0]


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


@pytest.mark.parametrize(
    ("damage", "good", "detail"),
    [
        ("<patent><title>断" + SECOND, 2, "the next record begins before this one ends"),
        ("<title>无头</title></patent>" + SECOND, 2, "the end of a record without its start"),
        (SECOND.replace("</title>", "</tit>") + SECOND, 2, "mismatch: title"),
        (SECOND + "<patent><title>断", 2, "ends"),
        ("<patent><!-- 断</patent>" + SECOND, 2, "Comment not terminated"),
        ("<patent><![CDATA[断</patent>" + SECOND, 2, "CData section not finished"),
    ],
)
def test_damage_costs_one_record_and_keeps_every_whole_one(damage: str, good: int, detail: str) -> None:
    chunk = read(TWO.format(damage))

    assert chunk.frame.height == good
    assert chunk.rejected["reason"].to_list() == ["damaged"]
    assert detail in chunk.rejected["detail"][0]
    assert chunk.rejected["raw"][0].strip() in TWO.format(damage)


def test_bare_ampersands_less_than_signs_and_control_characters_are_mended_and_counted() -> None:
    data = TWO.format("<patent><title>AT&T, x<5 &amp; y\x1f</title><abstract><![CDATA[a&b<c]]></abstract></patent>")

    chunk = read(data)

    assert chunk.frame["title"].to_list() == ["甲", "AT&T, x<5 & y"]
    assert chunk.frame["abstract"].to_list() == ["子", "a&b<c"]
    assert chunk.notes == {"repaired_markup": 1, "illegal_characters": 1}


def test_tags_in_comments_and_cdata_sections_are_no_records() -> None:
    data = TWO.format("<!-- <patent> --><patent><title><![CDATA[<patent>]]></title></patent>")

    assert column(data, "title") == ["甲", "<patent>"]


def test_offsets_are_the_bytes_at_which_records_start() -> None:
    data = ("<?xml version='1.0' encoding='GBK'?>\n" + TWO.format(" \n" + SECOND)).encode("gb18030")

    offsets = read(data).frame[OFFSET].to_list()

    assert [data[offset : offset + 8] for offset in offsets] == [b"<patent>"] * 2


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("GB2312", "gb18030"),
        ("gbk", "gb18030"),
        ("UTF-8", "gb18030"),
        ("gbk", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("utf-16", "utf-8"),
        ("nonsense", "utf-8"),
        ("big5", "big5"),
    ],
)
def test_the_encoding_is_the_declared_one_unless_the_bytes_contradict(declared: str, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>' + TWO.format(SECOND).replace("甲", "測試")
    text = text if encoding == "big5" else text.replace("測試", "㐀𠀀€測試")

    assert column(text.encode(encoding), "title")[0] == ("測試" if encoding == "big5" else "㐀𠀀€測試")


def test_a_forced_encoding_overrides_the_declaration() -> None:
    data = ('<?xml version="1.0" encoding="big5"?>' + TWO.format(SECOND)).encode("gb18030")

    chunk = read(data, ReadOptions(encoding="gbk"))

    assert chunk.frame["title"].to_list() == ["甲", "乙"]


def test_a_record_in_no_encoding_is_rejected_and_one_in_another_is_read() -> None:
    data = TWO.format("<patent><title>\\xff\\xff</title></patent>" + SECOND).encode().replace(rb"\xff\xff", b"\xff\xff")
    declared = '<?xml version="1.0" encoding="utf-8"?>' + TWO.format(SECOND + SECOND * 9)
    mixed = declared.encode().replace(SECOND.encode(), SECOND.encode("gb18030"), 1)

    assert read(data).rejected["reason"].to_list() == ["undecodable"]
    assert read(mixed).frame["title"].to_list() == ["甲", *["乙"] * 10]
    assert read(mixed).notes == {"mixed_encoding": 1}


def test_entities_never_expand_and_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket", lambda *_: pytest.fail("a connection was opened"))
    bombs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    prolog = (
        f'<?xml version="1.0"?><!DOCTYPE patents SYSTEM "http://127.0.0.1:9/x.dtd" [<!ENTITY l0 "lol">{bombs}'
        '<!ENTITY file SYSTEM "file:///etc/passwd"><!ENTITY % net SYSTEM "http://127.0.0.1:9/y"> %net; ]>'
    )

    titles = column(prolog + TWO.format("<patent><title>&l11;&file;</title></patent>"), "title")

    assert titles == ["甲", "&l11;&file;"]


def test_deeply_nested_elements_do_no_harm() -> None:
    deep = "<x>" * 1500 + "y" + "</x>" * 1500

    chunk = read(TWO.format(f"<patent><title>乙</title><abstract><x>{deep}</x></abstract></patent>"))

    assert chunk.frame["title"].to_list() == ["甲", "乙"]


def test_a_record_beyond_all_measure_is_rejected_with_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_split, "MAX_RECORD_BYTES", 5_000)
    monkeypatch.setattr(xml_split, "BLOCK_BYTES", 1_000)
    data = TWO.format(f"<patent><title>{'长' * 9_000}</title></patent>{SECOND}")

    chunk = read(data)

    assert chunk.frame["title"].to_list() == ["甲", "乙"]
    assert chunk.rejected["reason"].to_list() == ["too_large"]


def test_where_blocks_end_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    data = TWO.format(
        f'<!-- <patent> --><patent a="x>y"><title><![CDATA[>]]></title></patent><patent><title>断{SECOND}'
    )
    whole = read(data)

    for size in (1, 2, 7, 30):
        monkeypatch.setattr(xml_split, "BLOCK_BYTES", size)
        chunk = read(data, ReadOptions(chunk_bytes=1))

        assert chunk.frame.rows() == whole.frame.select(chunk.frame.columns).rows()
        assert chunk.rejected.rows() == whole.rejected.rows()


def test_every_byte_of_a_randomly_damaged_file_is_read_rejected_or_noted() -> None:
    generator = random.Random(1)
    one = "<patent><title>{0}</title><abstract>子{0}</abstract></patent>\n"
    data = ("<patents>" + "".join(one.format(number) for number in range(30)) + "</patents>").encode()

    for _ in range(60):
        begin = generator.randrange(len(data) // 3, len(data))
        chunk = read(data[:begin] + data[begin + generator.randrange(1, 90) :])

        assert chunk.frame.height >= 27 - (begin == len(data))
        assert chunk.rejected.height <= 3
        assert chunk.frame["title"].str.contains(r"^\d*$").sum() >= 26


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
