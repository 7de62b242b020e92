"""Parquet, and Arrow files and streams (Feather, and what data-set libraries write): read batch by batch."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.readers.arrow_columns import is_readable, with_readable_types
from pipeline.readers.chunk import Chunk, Columns, Reader, ReadOptions, Table, raw_as_json
from pipeline.readers.local_copy import local_path
from pipeline.readers.text_columns import as_wanted, without_undecodable
from pipeline.sources.hub_columns import typed_chunk
from pipeline.sources.inputs import Input
from schemas.errors import SourceError
from schemas.places import OFFSET, PLACE, ROW

if TYPE_CHECKING:
    import pyarrow as pa

    _Batches = Callable[[Sequence[str]], Iterator[pa.RecordBatch]]

_PARQUET_MAGIC = b"PAR1"
_FILE_MAGIC = b"ARROW1"
_STREAM_MAGIC = b"\xff\xff\xff\xff"
_BATCH_ROWS = 8192


def _is_parquet(source: Input, head: bytes) -> bool:
    return head.startswith(_PARQUET_MAGIC)


def _is_arrow(source: Input, head: bytes) -> bool:
    return head.startswith(_FILE_MAGIC) or (head.startswith(_STREAM_MAGIC) and head[8:12] == b"\x10\0\0\0")


def _tables(source: Input, options: ReadOptions, reader: str) -> list[Table]:
    with _opened(source) as (schema, batches):
        names = tuple(field.name for field in schema if is_readable(field.type))
        left_out = [f"{field.name} ({field.type})" for field in schema if not is_readable(field.type)]
        if not names:
            raise SourceError(f"{source.name}: no column that holds text; found {', '.join(left_out) or 'none'}")
        sample = _first_rows(batches(names), options.sample_rows)
    return [
        Table(
            name=source.name,
            reader=reader,
            columns=names,
            sample=sample,
            chunks=partial(_chunks, source, names, options.chunk_bytes),
            facts={"columns left out": ", ".join(left_out)} if left_out else {},
        )
    ]


def _chunks(source: Input, names: Sequence[str], chunk_bytes: int, columns: Columns | None) -> Iterator[Chunk]:
    wanted = names if columns is None else [name for name in names if name in columns]
    first = 1
    with _opened(source) as (_, batches):
        for group in _grouped(batches(wanted or names[:1]), chunk_bytes):
            frame = _frame(group, first)
            first += frame.height
            yield _chunk(source.name, frame, columns)


def _chunk(name: str, frame: pl.DataFrame, columns: Columns | None) -> Chunk:
    """Text that should be nested is read as JSON; of all other types a column has one, so one misfit is all of them."""
    readable, undecodable = without_undecodable(frame)
    texts = [column for column, dtype in readable.schema.items() if dtype == pl.String]
    as_json = {column: dtype for column, dtype in (columns or {}).items() if column in texts and dtype.is_nested()}
    shaped, misfits = as_wanted(readable, as_json, raw_as_json)
    chunk = typed_chunk(shaped, columns)
    if chunk.rejected.height:
        raise SourceError(f"{name}: column {chunk.rejected['detail'][0]}; map another column or convert the file")
    return replace(chunk, rejected=pl.concat([undecodable, misfits]).sort(ROW))


def _frame(batches: Sequence["pa.RecordBatch"], first: int) -> pl.DataFrame:
    import pyarrow as pa  # heavy

    frame = pl.DataFrame(pl.from_arrow(with_readable_types(pa.Table.from_batches(batches))))
    row = pl.int_range(first, first + frame.height, eager=True).cast(PLACE[ROW])
    return frame.select(row.alias(ROW), pl.lit(None, PLACE[OFFSET]).alias(OFFSET), pl.all())


def _grouped(batches: Iterable["pa.RecordBatch"], chunk_bytes: int) -> Iterator[list["pa.RecordBatch"]]:
    """Batches of about ``chunk_bytes`` together: files hold them of ten rows or of a million."""
    group: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        rows = max(1, batch.num_rows * chunk_bytes // (4 * batch.nbytes + 1))
        for start in range(0, batch.num_rows, rows):
            group.append(batch.slice(start, rows))
            size += group[-1].nbytes
            if size >= chunk_bytes:
                yield group
                group, size = [], 0
    if group:
        yield group


def _first_rows(batches: Iterable["pa.RecordBatch"], count: int) -> list[dict[str, object]]:
    group: list[pa.RecordBatch] = []
    for batch in batches:
        group.append(batch.slice(0, count))
        count -= group[-1].num_rows
        if count <= 0:
            break
    return without_undecodable(_frame(group, 1))[0].drop(ROW, OFFSET).to_dicts() if group else []


@contextmanager
def _opened(source: Input) -> Iterator[tuple["pa.Schema", "_Batches"]]:
    """The schema, and a function from the wanted columns to batches of them."""
    import pyarrow as pa  # heavy
    import pyarrow.parquet as pq  # heavy

    head = source.head(16)
    try:
        if not head.startswith((_PARQUET_MAGIC, _FILE_MAGIC)):
            with source.open() as stream, pa.ipc.open_stream(stream) as batches:  # type: ignore[arg-type]  # any file will do
                yield batches.schema, lambda names: (batch.select(list(names)) for batch in batches)
            return
        with local_path(source) as path, pa.OSFile(str(path), "rb") as file:
            if head.startswith(_PARQUET_MAGIC):
                parquet = pq.ParquetFile(file, pre_buffer=False)
                yield parquet.schema_arrow, lambda names: parquet.iter_batches(_BATCH_ROWS, columns=list(names))
            else:
                arrow = pa.ipc.open_file(file)
                parts = range(arrow.num_record_batches)
                yield arrow.schema, lambda names: (arrow.get_batch(part).select(list(names)) for part in parts)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{source.name}: damaged: {str(error).splitlines()[0]}; fetch or write the file again"
        ) from None


PARQUET = Reader(
    name="parquet",
    suffixes=(".parquet", ".pq"),
    recognises=_is_parquet,
    tables=partial(_tables, reader="parquet"),
)
ARROW = Reader(
    name="arrow",
    suffixes=(".arrow", ".feather", ".ipc"),
    recognises=_is_arrow,
    tables=partial(_tables, reader="arrow"),
)
