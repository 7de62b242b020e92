"""Texts inside histories: every question and answer treated like any other text, empty histories for nothing."""

from collections.abc import Callable

import polars as pl


def map_texts(
    history: pl.Series, change: Callable[[pl.Series], tuple[pl.Series, dict[str, int]]]
) -> tuple[pl.Series, dict[str, int]]:
    """Histories with all their texts changed at once. Null histories and lists that are no pairs stay what they are."""
    rows = (history.list.len() > 0).arg_true()
    pairs = pl.DataFrame({"row": rows, "text": history.gather(rows)}).explode("text").with_row_index("pair")
    texts = pairs.explode("text")
    changed, counts = change(texts["text"])
    moved = texts["row"].filter(changed.ne_missing(texts["text"])).unique()
    if moved.is_empty():
        return history, counts
    rebuilt = (
        texts.with_columns(text=changed)
        .filter(pl.col("row").is_in(moved.implode()))
        .group_by("row", "pair", maintain_order=True)
        .agg("text")
        .group_by("row", maintain_order=True)
        .agg("text")
    )
    where = pl.int_range(history.len(), dtype=pl.UInt32, eager=True)
    new = pl.int_range(history.len(), history.len() + rebuilt.height, dtype=pl.UInt32, eager=True)
    return pl.concat([history, rebuilt["text"].alias(history.name)]).gather(where.scatter(rebuilt["row"], new)), counts
