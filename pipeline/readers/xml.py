"""XML: full text of patents, and any file whose root holds many records; MediaWiki dumps have a reader of their own."""

from typing import TYPE_CHECKING

from pipeline.readers.chunk import Reader, ReadOptions, Table
from pipeline.readers.xml_layout import find_layout, first_name, head_text, local_name
from pipeline.readers.xml_patent import patent_row
from pipeline.readers.xml_records import records
from pipeline.readers.xml_rows import ColumnNames, RecordForm, described_row, leaves, table
from pipeline.readers.xml_split import fragments
from pipeline.sources.inputs import Input

if TYPE_CHECKING:
    from lxml.etree import _Element

    from pipeline.readers.xml_layout import Layout

_HTML = frozenset(("html", "head", "body", "title", "meta", "link", "script", "style", "center", "div", "p", "table"))


def _recognises(source: Input, head: bytes) -> bool:
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if not text.startswith("<") or text[:14].lower() == "<!doctype html":
        return False
    name = first_name(text)
    if name is None:
        return text.startswith("<?xml") and source.name.lower().endswith(".xml")
    if local_name(name).lower() in _HTML or local_name(name) == "mediawiki":
        return False
    return text.startswith(("<?xml", "<!DOCTYPE")) or f"</{name}" in text or ".xml" in source.name.lower()


def _tables(source: Input, options: ReadOptions) -> list[Table]:
    layout = find_layout(source, options.encoding)
    facts = {"record": f"<{layout.records[0]}>"}
    names = ColumnNames() if layout.is_patent else _column_names(source, options, layout)

    def row_of(element: "_Element") -> dict[str, str | None]:
        return patent_row(element) if layout.is_patent else described_row(element, names)

    return [table(source, options, RecordForm(reader=XML.name, layout=layout, row_of=row_of, facts=facts))]


def _column_names(source: Input, options: ReadOptions, layout: "Layout") -> ColumnNames:
    """Names by the sample, outer elements first: the title of a patent, not that of a patent that it cites."""
    paths = []
    with source.open() as stream:
        for number, record in enumerate(records(fragments(stream, layout), layout)):
            if number >= options.sample_rows:
                break
            if record.element is not None:
                paths += [path for path, _ in leaves(record.element)]
    names = ColumnNames()
    for path in sorted(dict.fromkeys(paths), key=len):
        names[path]  # asked for, it is named
    return names


XML = Reader(name="xml", suffixes=(".xml",), recognises=_recognises, tables=_tables)
