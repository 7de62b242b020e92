"""Rows of a text table that say nothing: empty ones, and the header over again."""

from collections.abc import Sequence

import polars as pl


def without_idle_rows(
    frame: pl.DataFrame, columns: Sequence[str], header: Sequence[str] | None
) -> tuple[pl.DataFrame, dict[str, int]]:
    """The rows that say something, and how many others there were; an empty cell, quoted or not, becomes null."""
    hollow = [name for name in columns if (frame[name] == "").any()]
    frame = frame.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in hollow)
    filled = frame.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in columns))
    counts = {"empty_row": frame.height - filled.height}
    if header and (filled[columns[0]].eq_missing(header[0] or None)).any():
        cells = zip(columns, header, strict=True)
        rows = filled.filter(~pl.all_horizontal(pl.col(name).eq_missing(cell or None) for name, cell in cells))
        counts["repeated_header"] = filled.height - rows.height
        filled = rows
    return filled, counts
