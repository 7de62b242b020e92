"""Patent documents and records in XML, and what the reader makes of them."""

import io

import polars as pl

from pipeline.readers.chunk import Chunk, ReadOptions, Table
from pipeline.readers.xml import XML
from pipeline.sources.inputs import Input

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
