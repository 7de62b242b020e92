"""Only a history: its last pair is the sample, the pairs before it are the sample's history."""

import polars as pl

from converters.converter import Column, Converter, Options
from schemas.records import HISTORY


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    history, last = pl.col("history"), pl.col("history").list.last()
    size = history.list.len().fill_null(0)
    reason = (
        pl.when(size == 0)
        .then(pl.lit("no_turns"))
        .when(last.list.len() < 2)
        .then(pl.lit("no_answer"))
        .when(last.list.len() > 2)
        .then(pl.lit("wrong_type"))
    )
    return rows.select(
        prompt=last.list.get(0, null_on_oob=True),
        response=last.list.get(1, null_on_oob=True),
        history=history.list.head(size.cast(pl.Int64) - 1).fill_null([]),
        group=history.list.first().list.first(),
        reason=reason,
        unused_turns=pl.when(size > 0).then(size - 1).otherwise(0).cast(pl.UInt32),
    )


HISTORY_ONLY = Converter(
    domain="instruct",
    format="history",
    about="dialogues as one list of [question, answer] pairs, without prompt and response",
    columns={"history": Column(aliases=("history",), dtype=HISTORY)},
    records=_records,
)
