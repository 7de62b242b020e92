"""Cutting histories, only on request: the oldest whole turns go, never the question."""

from collections import Counter

import polars as pl

from schemas.places import ROW


def cut_histories(
    records: pl.DataFrame, max_turns: int | None, max_chars: int | None, counts: Counter[str]
) -> pl.DataFrame:
    """Keep the newest turns of each history: at most ``max_turns``, and as many as fit into ``max_chars``."""
    if max_turns is None and max_chars is None:
        return records
    before = int(records["history"].list.len().sum() or 0)
    if max_turns is not None:
        records = records.with_columns(pl.col("history").list.tail(max_turns))
    if max_chars is not None:
        records = _within_chars(records, max_chars)
    counts["history_turns_cut"] += before - int(records["history"].list.len().sum() or 0)
    return records


def _within_chars(records: pl.DataFrame, max_chars: int) -> pl.DataFrame:
    """Count from the newest turn backwards and keep the turns whose running length still fits."""
    lines = records.with_row_index("__line__")
    turns = (
        lines.select("__line__", "history")
        .explode("history", empty_as_null=True)
        .filter(pl.col("history").is_not_null())
        .with_columns(size=pl.col("history").list.eval(pl.element().str.len_chars()).list.sum())
        .with_columns(used=pl.col("size").cum_sum(reverse=True).over("__line__"))
    )
    kept = turns.group_by("__line__").agg(keep=(pl.col("used") <= max_chars).sum().cast(pl.Int64))
    return (
        lines.join(kept, on="__line__", how="left", maintain_order="left")
        .with_columns(history=pl.col("history").list.tail(pl.col("keep").fill_null(0)))
        .drop("__line__", "keep")
        .sort(ROW, maintain_order=True)
    )
