"""OpenAI messages: a list of ``role`` and ``content``, the content one text."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.dialogue import dialogue_records


def _records(rows: pl.LazyFrame, options: Options) -> pl.LazyFrame:
    turn = pl.element().struct
    turns = pl.struct(turn.field("role").alias("from"), turn.field("content").alias("value"))
    return dialogue_records(rows, pl.col("messages").list.eval(turns), options)


MESSAGES = Converter(
    domain="instruct",
    format="messages",
    about="OpenAI chat messages: role and content",
    columns={
        "messages": Column(aliases=("messages",), dtype=pl.List(pl.Struct({"role": pl.String, "content": pl.String}))),
    },
    records=_records,
)
