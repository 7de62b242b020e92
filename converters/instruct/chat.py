"""prompt, response and history, the chat records that the official trainer reads: one row is one record."""

import polars as pl

from converters.converter import Column, Converter, Options
from schemas.records import HISTORY


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    history = pl.col("history").fill_null([])
    return rows.select(
        prompt="prompt",
        response="response",
        history=history,
        group=pl.coalesce(history.list.first().list.first(), "prompt"),
    )


CHAT = Converter(
    domain="instruct",
    format="chat",
    about="the official chat records: prompt, response and, where there is one, history",
    columns={
        "prompt": Column(aliases=("prompt",)),
        "response": Column(aliases=("response",), unverified=("completion",)),
        "history": Column(aliases=("history",), dtype=HISTORY, required=False),
    },
    records=_records,
)
