"""CSV and TSV: delimiter, preamble, header and quoting are found by reading; no line is lost to an unclosed quote."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import PurePath

from pipeline.readers.chunk import Chunk, Columns, Reader, ReadOptions, Table
from pipeline.readers.delimited_layout import SEPARATORS, Layout, find_layout
from pipeline.readers.delimited_lines import Lines, read_lines
from pipeline.readers.delimited_records import find_records
from pipeline.readers.delimited_rows import read_rows
from pipeline.sources.encoding import find_encoding
from pipeline.sources.inputs import Input
from schemas.errors import EncodingError, SourceError

SUFFIXES = (".csv", ".tsv", ".tab")
_LAYOUT_BYTES = 1 << 20


def _recognises(source: Input, head: bytes) -> bool:
    """By its suffix, else by lines that are all divided alike under a header, or by TABs even without one."""
    if PurePath(source.name).suffix.lower() in SUFFIXES:
        return True
    try:
        encoding = find_encoding(BytesIO(head))
        sample = next(read_lines(BytesIO(head), encoding, len(head)), None)
    except EncodingError:
        return False
    if sample is None or b"\0" in sample.data[:4096] or len(sample.starts) < 3:
        return False
    layout = find_layout(sample, source.name, complete=False)
    divided = layout.dialect.separator in SEPARATORS and len(layout.columns) > 1 and layout.evenness > 0.95
    return divided and (layout.header is not None or layout.dialect.separator == "\t")


def _tables(source: Input, options: ReadOptions) -> list[Table]:
    with source.open() as stream:
        encoding = find_encoding(stream, options.encoding, source.name)
    with source.open() as stream:
        sample = next(read_lines(stream, encoding, _LAYOUT_BYTES), None)
        complete = not stream.read(1)
    if sample is None or not sample.data.strip():
        raise SourceError(f"{source.name}: empty: expected a table of comma- or TAB-separated values")
    layout = find_layout(sample, source.name, complete)
    small = _chunks(source, layout, encoding, min(options.chunk_bytes, _LAYOUT_BYTES), None)
    return [
        Table(
            name=source.name,
            reader=CSV.name,
            columns=layout.columns,
            sample=_first_rows(small, options.sample_rows),
            chunks=partial(_chunks, source, layout, encoding, options.chunk_bytes),
            encoding=encoding,
            facts=layout.facts,
        )
    ]


def _first_rows(chunks: Iterator[Chunk], count: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for number, chunk in enumerate(chunks):
        rows += chunk.frame.head(count - len(rows)).to_dicts()
        if len(rows) >= count or number == 8:
            break
    return rows


def _chunks(source: Input, layout: Layout, encoding: str, chunk_bytes: int, columns: Columns | None) -> Iterator[Chunk]:
    """A chunk a block; a record that the end of a block cuts in two goes with the next one."""
    width = len(layout.columns)
    rest: Lines | None = None
    with source.open() as stream:
        for block in read_lines(stream, encoding, chunk_bytes):
            lines = _data_lines(block if rest is None else rest.then(block), layout)
            if not lines.data:
                continue
            records = find_records(lines, layout.dialect, width, complete=False)
            yield read_rows(lines, records, layout, columns)
            rest = lines.since(records.tail)
    if rest is not None and rest.data:
        yield read_rows(rest, find_records(rest, layout.dialect, width, complete=True), layout, columns)


def _data_lines(lines: Lines, layout: Layout) -> Lines:
    skipped = layout.data_line - lines.number
    return lines if skipped <= 0 else replace(lines.since(skipped), mixed=lines.mixed)


CSV = Reader(name="csv", suffixes=SUFFIXES, recognises=_recognises, tables=_tables)
