"""Citation exports: EndNote, RIS, RefWorks, NoteExpress, E-Study and the custom text of CNKI, one record a row.

A record without its first or last line is kept if it has a title; any other is rejected as damaged.
"""

import io
from collections.abc import Iterator
from functools import partial

import polars as pl

from pipeline.readers.chunk import REJECTED, Chunk, Columns, Reader, ReadOptions, Table
from pipeline.readers.citation_records import (
    BAD,
    LINES,
    RECORD,
    line_frame,
    raw_texts,
    records,
    sample_rows,
    with_records,
)
from pipeline.readers.citation_tags import (
    CNKI_CUSTOM_TAGS,
    COLUMNS,
    ENDNOTE_TAGS,
    ESTUDY_TAGS,
    NOTEEXPRESS_TAGS,
    REFWORKS_TAGS,
    RIS_TAGS,
    Grammar,
)
from pipeline.readers.text_columns import as_wanted
from pipeline.sources.encoding import find_encoding, line_blocks
from pipeline.sources.inputs import Input
from schemas.places import OFFSET, ROW

_SAMPLE_BYTES = 1 << 20
_BLOCK_BYTES = 4 << 20


def _recognises(grammar: Grammar, _source: Input, head: bytes) -> bool:
    text = head.decode(find_encoding(io.BytesIO(head)), "replace").removeprefix("\ufeff")
    tags = set(pl.Series(text.splitlines(), dtype=pl.String).str.extract(grammar.tag, 1).drop_nulls())
    return grammar.start in tags and not tags.isdisjoint(grammar.fields["title"])


def _tables(grammar: Grammar, source: Input, options: ReadOptions) -> list[Table]:
    with source.open() as stream:
        encoding = find_encoding(stream, options.encoding, source.name)
    chunks = partial(_chunks, grammar, source, encoding)
    table = Table(
        name=source.name,
        reader=grammar.name,
        columns=COLUMNS,
        sample=sample_rows(chunks(_SAMPLE_BYTES, None), options.sample_rows),
        chunks=partial(chunks, min(options.chunk_bytes, _BLOCK_BYTES)),
        encoding=encoding.removesuffix("-sig"),
    )
    return [table]


def _chunks(
    grammar: Grammar, source: Input, encoding: str, block_bytes: int, columns: Columns | None
) -> Iterator[Chunk]:
    """Records that are whole in a block; the last one waits for the lines of the next block."""
    waiting = pl.DataFrame(schema=LINES)
    with source.open() as stream:
        for block in line_blocks(stream, encoding, block_bytes):
            lines = with_records(waiting.vstack(line_frame(block)), grammar)
            is_last = pl.col(RECORD) == pl.col(RECORD).max()
            waiting = lines.filter(is_last).select(*LINES)
            yield _chunk(lines.filter(~is_last), grammar, columns, block.mixed_lines)
    yield _chunk(with_records(waiting, grammar), grammar, columns, 0)


def _chunk(lines: pl.DataFrame, grammar: Grammar, columns: Columns | None, mixed_lines: int) -> Chunk:
    found = records(lines, grammar)
    is_lost = pl.col(BAD) | (~pl.col("is_whole") & pl.col("title").is_null())
    good, lost = found.filter(~is_lost), found.filter(is_lost)
    raw = partial(_raw, lines, found.select(ROW, RECORD))
    frame, mistyped = as_wanted(good.select(ROW, OFFSET, *COLUMNS), columns, raw)
    return Chunk(
        frame=frame.select(ROW, OFFSET, *(COLUMNS if columns is None else columns)),
        rejected=mistyped.vstack(_rejected(lines, lost, grammar)).sort(ROW),
        notes={"mixed_encoding": mixed_lines} if mixed_lines else {},
        raw=raw,
    )


def _rejected(lines: pl.DataFrame, lost: pl.DataFrame, grammar: Grammar) -> pl.DataFrame:
    marks = f"its first ({grammar.start})" + (f" or last ({grammar.end})" if grammar.end else "")
    damaged = f"a record without {marks} line, and without a title"
    undecodable = "a line of it is text in no known encoding"
    return lost.select(
        ROW,
        OFFSET,
        raw_texts(lines, lost),
        reason=pl.when(BAD).then(pl.lit("undecodable")).otherwise(pl.lit("damaged")),
        detail=pl.when(BAD).then(pl.lit(undecodable)).otherwise(pl.lit(damaged)),
    ).match_to_schema(REJECTED)


def _raw(lines: pl.DataFrame, numbers: pl.DataFrame, part: pl.DataFrame) -> pl.Series:
    return raw_texts(lines, part.select(ROW).join(numbers, on=ROW, how="left", maintain_order="left"))


def _reader(grammar: Grammar) -> Reader:
    return Reader(
        name=grammar.name,
        suffixes=grammar.suffixes,
        recognises=partial(_recognises, grammar),
        tables=partial(_tables, grammar),
    )


ENDNOTE = _reader(ENDNOTE_TAGS)
RIS = _reader(RIS_TAGS)
REFWORKS = _reader(REFWORKS_TAGS)
NOTEEXPRESS = _reader(NOTEEXPRESS_TAGS)
ESTUDY = _reader(ESTUDY_TAGS)
CNKI_CUSTOM = _reader(CNKI_CUSTOM_TAGS)
CITATIONS = (ENDNOTE, RIS, NOTEEXPRESS, ESTUDY, CNKI_CUSTOM, REFWORKS)
