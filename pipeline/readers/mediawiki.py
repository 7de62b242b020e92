"""Dumps of a MediaWiki (``pages-articles``, ``pages-meta-history``): one row a page, with its last revision."""

import re
from typing import TYPE_CHECKING

from pipeline.readers.chunk import Reader, ReadOptions, Table
from pipeline.readers.xml_layout import Layout, first_name, head_text, xml_encoding
from pipeline.readers.xml_rows import RecordForm, table
from pipeline.sources.inputs import Input

if TYPE_CHECKING:
    from lxml.etree import _Element

_VERSION = re.compile(rb"mediawiki\.org/xml/(export-[\d.]+?)/")


def _recognises(_: Input, head: bytes) -> bool:
    return first_name(head_text(head)) == "mediawiki"


def _tables(source: Input, options: ReadOptions) -> list[Table]:
    layout = Layout(
        encoding=xml_encoding(source, options.encoding),
        records=("page",),
        around=("mediawiki",),
    )
    version = _VERSION.search(source.head())
    facts = {"export": version[1].decode()} if version else {}
    return [table(source, options, RecordForm(reader=MEDIAWIKI.name, layout=layout, row_of=_page, facts=facts))]


def _page(page: "_Element") -> dict[str, str | None]:
    redirect = page.find("redirect")
    revision = next(page.iterchildren("revision", reversed=True), None)
    return {
        "title": page.findtext("title"),
        "ns": page.findtext("ns"),
        "id": page.findtext("id"),
        "redirect": None if redirect is None else str(redirect.get("title", "")),
        "text": None if revision is None else revision.findtext("text"),
        "timestamp": None if revision is None else revision.findtext("timestamp"),
    }


MEDIAWIKI = Reader(name="mediawiki", suffixes=(".xml",), recognises=_recognises, tables=_tables)
