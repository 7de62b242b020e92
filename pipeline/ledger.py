"""The ledger: what was rejected, with its place, its text and the reason, one JSON object a line."""

import polars as pl

from pipeline.readers.chunk import OFFSET, ROW, Chunk
from pipeline.stages import Mapped
from schemas.reasons import REASONS

LEDGER = ("file", "converter", "row", "offset", "record", "stage", "reason", "detail", "raw")
_STAGES = {code: reason.stage for code, reason in REASONS.items()}


def unread_rows(rejected: pl.DataFrame, table: Mapped) -> pl.DataFrame:
    """Rows that the reader could not read."""
    return _entries(rejected.with_columns(record=pl.lit(None, dtype=pl.UInt32)), table)


def rejected_rows(made: pl.DataFrame, chunk: Chunk, table: Mapped) -> pl.DataFrame:
    """Rows of which the converter could make no record."""
    rows = made.unique(ROW, keep="first", maintain_order=True)
    entries = rows.select(
        ROW, OFFSET, "reason", record=pl.lit(None, dtype=pl.UInt32), detail=pl.lit(None, dtype=pl.String)
    )
    return _entries(_with_source_text(entries, chunk), table)


def rejected_records(failed: pl.DataFrame, chunk: Chunk, table: Mapped) -> pl.DataFrame:
    """Records that a rule rejected; ``record`` says which of its row."""
    return _entries(_with_source_text(failed.select(ROW, OFFSET, "reason", "detail", "record"), chunk), table)


def settled_records(records: pl.DataFrame, tables: pl.DataFrame) -> pl.DataFrame:
    """Records that were rejected only when all were known: conflicts, lower ranks. ``tables`` has a line for each."""
    return _entries(records, None).with_columns(tables).select(LEDGER)


def _with_source_text(entries: pl.DataFrame, chunk: Chunk) -> pl.DataFrame:
    if entries.is_empty():
        return entries.with_columns(raw=pl.lit(None, dtype=pl.String))
    rows = chunk.frame.filter(pl.col(ROW).is_in(entries[ROW].implode())).unique(ROW, maintain_order=True)
    texts = rows.select(ROW).with_columns(chunk.raw(rows).alias("raw"))
    return entries.join(texts, on=ROW, how="left", maintain_order="left")


def _entries(rejected: pl.DataFrame, table: Mapped | None) -> pl.DataFrame:
    return rejected.select(
        file=pl.lit(table.file if table else None, dtype=pl.String),
        converter=pl.lit(table.converter.name if table else None, dtype=pl.String),
        row=pl.col(ROW).cast(pl.UInt64),
        offset=pl.col(OFFSET).cast(pl.Int64),
        record=pl.col("record").cast(pl.UInt32),
        stage=pl.col("reason").replace_strict(_STAGES, return_dtype=pl.String),
        reason="reason",
        detail="detail",
        raw="raw",
    )
