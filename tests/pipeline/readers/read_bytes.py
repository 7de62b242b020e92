"""What a reader makes of some bytes."""

import io
from collections.abc import Mapping

import polars as pl

from pipeline.readers.chunk import Chunk, Columns, Reader, ReadOptions
from pipeline.sources.inputs import Input


def as_input(data: bytes, name: str = "rows.json") -> Input:
    return Input(name=name, open=lambda: io.BytesIO(data), size=len(data))


def read_bytes(reader: Reader, data: bytes, columns: Columns | None, **options: int) -> list[Chunk]:
    """All chunks of the only table."""
    [table] = reader.tables(as_input(data), ReadOptions(**options))  # type: ignore[arg-type]
    return list(table.chunks(columns))


def whole(chunks: list[Chunk]) -> pl.DataFrame:
    return pl.concat([chunk.frame for chunk in chunks])


def rejects(chunks: list[Chunk]) -> pl.DataFrame:
    return pl.concat([chunk.rejected for chunk in chunks])


def total(counts: list[Mapping[str, int]], name: str) -> int:
    return sum(each.get(name, 0) for each in counts)
