"""Plain text, the last resort: one row a paragraph where blank lines part them, else one row a line."""

from collections.abc import Iterator
from pathlib import PurePath

import polars as pl

from pipeline.readers.chunk import OFFSET, PLACE, ROW, Chunk, Columns, Reader, ReadOptions, Table, raw_as_json
from pipeline.readers.line_groups import line_groups
from pipeline.readers.text_columns import as_wanted
from pipeline.readers.xml_layout import head_text
from pipeline.sources.encoding import find_encoding
from pipeline.sources.inputs import Input

_SAMPLE_BYTES = 1 << 20
_COLUMNS: Columns = {"text": pl.String()}
_IS_BLANK = pl.col("line").str.strip_chars() == ""


def _recognises(source: Input, head: bytes) -> bool:
    is_text = "\0" not in head_text(head)
    return is_text and bool({".txt", ".text"} & {suffix.lower() for suffix in PurePath(source.name).suffixes})


def _tables(source: Input, options: ReadOptions) -> list[Table]:
    with source.open() as stream:
        encoding = find_encoding(stream, options.encoding, source.name)
    text = source.head(_SAMPLE_BYTES).decode(encoding, errors="replace").strip()
    has_paragraphs = any(not line.strip() for line in text.split("\n"))
    is_start = ~_IS_BLANK & _IS_BLANK.shift(1, fill_value=True) if has_paragraphs else pl.col("line").is_not_null()

    def chunks(wanted: Columns | None, chunk_bytes: int = options.chunk_bytes) -> Iterator[Chunk]:
        for lines, mixed in line_groups(source, encoding, chunk_bytes, is_start):
            yield _chunk(lines, mixed, _COLUMNS if wanted is None else wanted)

    first = next(
        (chunk.frame for chunk in chunks(None, _SAMPLE_BYTES) if chunk.frame.height), pl.DataFrame(schema=_COLUMNS)
    )
    return [
        Table(
            name=source.name,
            reader=TEXT.name,
            columns=tuple(_COLUMNS),
            sample=first.select("text").head(options.sample_rows).to_dicts(),
            chunks=chunks,
            encoding=encoding,
            facts={"rows": "paragraphs, parted by blank lines" if has_paragraphs else "lines"},
        )
    ]


def _chunk(lines: pl.DataFrame, mixed: int, columns: Columns) -> Chunk:
    """Blank lines between paragraphs are no rows; where every line is a row, they are empty ones."""
    is_row = ~_IS_BLANK | pl.col("is_undecodable")
    rows = (
        lines.filter(is_row)
        .group_by("group", maintain_order=True)
        .agg(
            pl.col(ROW, OFFSET).first(),
            pl.col("is_undecodable").any(),
            text=pl.col("line").str.join("\n"),
        )
    )
    undecodable = rows.filter("is_undecodable").select(
        *PLACE, raw="text", reason=pl.lit("undecodable"), detail=pl.lit("a line in no known encoding")
    )
    readable = rows.filter(~pl.col("is_undecodable")).select(*PLACE, "text")
    frame, mistyped = as_wanted(readable, columns, raw_as_json)
    empty = lines["group"].n_unique() - rows.height
    return Chunk(
        frame=frame.select(*PLACE, *columns),
        rejected=pl.concat([undecodable, mistyped]).sort(ROW),
        not_a_record={"empty_row": empty} if empty else {},
        notes={"mixed_encoding": mixed} if mixed else {},
    )


TEXT = Reader(name="text", suffixes=(".txt", ".text"), recognises=_recognises, tables=_tables)
