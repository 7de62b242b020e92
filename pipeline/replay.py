"""``prep convert rejected.jsonl``: the rows of a ledger once more, with the places that they had."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from pipeline.readers.chunk import OFFSET, ROW, Chunk, Columns, Row, Table
from pipeline.readers.json_values import Gathered, flat_rows, seen_columns
from schemas.errors import SourceError

_LEDGER: dict[str, pl.DataType] = {
    "file": pl.String(),
    "row": pl.Int64(),
    "offset": pl.Int64(),
    "record": pl.Int64(),
    "raw": pl.String(),
}
_TELLING = {"file", "row", "stage", "reason", "raw"}


def is_ledger(table: Table) -> bool:
    """Whether a table is a ``rejected.jsonl`` of ours."""
    return set(table.columns) >= _TELLING


def replayed(ledger: Table, sample_rows: int = 200) -> list[Table]:
    """A table for every source file that the ledger names; text that is no JSON object is rejected again."""
    files: dict[str, list[Row]] = {}
    for chunk in _chunks(ledger):
        for name, raw in chunk.select("file", "raw").iter_rows():
            rows = files.setdefault(name, [])
            if len(rows) < sample_rows:
                rows.extend(_parsed(raw))
    if not files:
        raise SourceError(f"{ledger.name}: an empty ledger; nothing was rejected, so there is nothing to replay")
    return [_table(ledger, name, rows) for name, rows in files.items()]


def _chunks(ledger: Table) -> Iterator[pl.DataFrame]:
    for chunk in ledger.chunks({name: pl.String() for name in _LEDGER}):
        yield chunk.frame.select(list(_LEDGER)).cast(pl.Schema(_LEDGER))


def _parsed(raw: str) -> Sequence[Row]:
    gathered = Gathered(columns=None)
    gathered.add(1, None, raw)
    return [row for each in gathered.rows for row in flat_rows(each)]


def _table(ledger: Table, name: str, sample: list[Row]) -> Table:
    def chunks(columns: Columns | None) -> Iterator[Chunk]:
        for part in _chunks(ledger):
            mine = part.filter(pl.col("file") == name)
            if mine.height:
                yield _chunk(mine, columns)

    return replace(
        ledger,
        name=name,
        columns=seen_columns(sample),
        sample=sample,
        chunks=chunks,
        facts={"replayed from": ledger.name},
    )


def _chunk(entries: pl.DataFrame, columns: Columns | None) -> Chunk:
    rows = entries.unique("row", keep="first", maintain_order=True)
    gathered = Gathered(columns=columns)
    for row, offset, raw in rows.select("row", "offset", "raw").iter_rows():
        gathered.add(row, offset, raw)
    whole = entries.filter(pl.col("record").is_null())["row"].implode()
    single = entries.filter(pl.col("record").is_not_null() & ~pl.col("row").is_in(whole))
    raws = dict(zip(gathered.places, gathered.raws, strict=True))
    return Chunk(
        frame=gathered.frame(),
        rejected=gathered.rejected_frame(),
        not_a_record=gathered.not_a_record,
        notes=gathered.notes,
        only_records=_wanted(rows, single),
        raw=lambda part: pl.Series("raw", [raws[place] for place in part.select(ROW, OFFSET).rows()], dtype=pl.String),
    )


def _wanted(rows: pl.DataFrame, single: pl.DataFrame) -> pl.DataFrame | None:
    """All records of rows that were rejected whole, else those that were rejected."""
    if single.is_empty():
        return None
    whole = rows.join(single, on="row", how="anti").select("row", record=pl.int_ranges(1, 10_000)).explode("record")
    wanted = pl.concat((single.select("row", "record"), whole.select("row", pl.col("record").cast(pl.Int64))))
    return wanted.select(pl.col("row").cast(pl.UInt64).alias(ROW), pl.col("record").cast(pl.UInt32))
