"""``prep convert rejected.jsonl``: the rows of a ledger once more, with the places that they had.

A row that could not be read is rejected again for the reason that it had, unless somebody mended its text: what is a
JSON object or list now is read.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from pipeline.readers.chunk import OFFSET, PLACE, REJECTED, ROW, Chunk, Columns, Row, Table
from pipeline.readers.json_values import Gathered, flat_rows, seen_columns
from pipeline.replay_text import reread, text_table
from schemas.errors import SourceError

_LEDGER: dict[str, pl.DataType] = {
    "file": pl.String(),
    "converter": pl.String(),
    "row": pl.Int64(),
    "offset": pl.Int64(),
    "record": pl.Int64(),
    "stage": pl.String(),
    "reason": pl.String(),
    "detail": pl.String(),
    "raw": pl.String(),
}
REPLAYED = "replayed from"
"""Fact of a replayed table: the name of its ledger."""
_TELLING = {"file", "row", "stage", "reason", "raw"}


def is_ledger(table: Table) -> bool:
    """Whether a table is a ``rejected.jsonl`` of ours."""
    return set(table.columns) >= _TELLING


def replayed(ledger: Table, sample_rows: int = 200) -> list[Table]:
    """A table for every source file that the ledger names."""
    files: dict[str, list[Row]] = {}
    converters: dict[str, str] = {}
    texts: dict[str, list[str]] = {}
    for chunk in _chunks(ledger):
        for name, converter, stage, raw in chunk.select("file", "converter", "stage", "raw").iter_rows():
            rows = files.setdefault(name, [])
            converters[name] = converter
            if len(rows) < sample_rows:
                rows.extend(_parsed(raw))
            if not rows and stage != "read" and len(texts.setdefault(name, [])) < sample_rows:
                texts[name].append(raw)
    if not files:
        raise SourceError(f"{ledger.name}: an empty ledger; nothing was rejected, so there is nothing to replay")
    tables = (_table(ledger, name, rows, texts.get(name, [])) for name, rows in files.items())
    return [replace(table, converter=converters[table.name]) for table in tables]


def _chunks(ledger: Table) -> Iterator[pl.DataFrame]:
    for chunk in ledger.chunks({name: pl.String() for name in _LEDGER}):
        yield chunk.frame.select(list(_LEDGER)).cast(pl.Schema(_LEDGER))


def _parsed(raw: str) -> Sequence[Row]:
    gathered = Gathered(columns=None)
    gathered.add(1, None, raw)
    return [row for each in gathered.rows for row in flat_rows(each)]


def _table(ledger: Table, name: str, sample: Sequence[Row], texts: Sequence[str]) -> Table:
    as_text = text_table(texts) if not sample else None
    read = _text_chunk if as_text is not None else _chunk

    def chunks(columns: Columns | None) -> Iterator[Chunk]:
        for part in _chunks(ledger):
            mine = part.filter(pl.col("file") == name)
            if mine.height:
                yield read(mine, columns)

    return replace(
        ledger,
        name=name,
        columns=as_text.columns if as_text is not None else seen_columns(sample),
        sample=as_text.sample if as_text is not None else sample,
        chunks=chunks,
        facts={REPLAYED: ledger.name},
    )


def _text_chunk(entries: pl.DataFrame, columns: Columns | None) -> Chunk:
    unread = entries.filter(pl.col("stage") == "read")
    rows = entries.filter(pl.col("stage") != "read").unique("row", keep="first", maintain_order=True)
    frame, lost = reread(rows, columns)
    texts = rows.select(pl.col("row").cast(PLACE[ROW]).alias(ROW), "raw")
    return Chunk(
        frame=frame,
        rejected=pl.concat((lost, _as_rejected(unread))).sort(ROW, maintain_order=True),
        raw=lambda part: part.select(ROW).join(texts, on=ROW, how="left", maintain_order="left")["raw"],
    )


def _as_rejected(unread: pl.DataFrame) -> pl.DataFrame:
    return unread.rename({"row": ROW, "offset": OFFSET}).select(*REJECTED).cast(pl.Schema(REJECTED))


def _chunk(entries: pl.DataFrame, columns: Columns | None) -> Chunk:
    unread = entries.filter((pl.col("stage") == "read") & ~pl.Series(map(_is_row, entries["raw"]), dtype=pl.Boolean))
    entries = entries.join(unread, on="row", how="anti", maintain_order="left")
    rows = entries.unique("row", keep="first", maintain_order=True)
    gathered = Gathered(columns=columns)
    for row, offset, raw in rows.select("row", "offset", "raw").iter_rows():
        gathered.add(row, offset, raw)
    whole = entries.filter(pl.col("record").is_null())["row"].implode()
    single = entries.filter(pl.col("record").is_not_null() & ~pl.col("row").is_in(whole))
    raws = dict(zip(gathered.places, gathered.raws, strict=True))
    return Chunk(
        frame=gathered.frame(),
        rejected=pl.concat((gathered.rejected_frame(), _as_rejected(unread))).sort(ROW, maintain_order=True),
        not_a_record=gathered.not_a_record,
        notes=gathered.notes,
        only_records=_wanted(single),
        raw=lambda part: pl.Series("raw", [raws[place] for place in part.select(ROW, OFFSET).rows()], dtype=pl.String),
    )


def _is_row(raw: str | None) -> bool:
    try:
        return isinstance(json.loads(raw or "", strict=False), (dict, list))
    except (ValueError, RecursionError):
        return False


def _wanted(single: pl.DataFrame) -> pl.DataFrame | None:
    """Of these rows these records; of all others everything."""
    if single.is_empty():
        return None
    return single.select(pl.col("row").cast(pl.UInt64).alias(ROW), pl.col("record").cast(pl.UInt32))
