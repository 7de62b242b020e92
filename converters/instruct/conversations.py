"""ShareGPT conversations: a list of turns with ``from`` and ``value``, or (ChatGLM3) with ``role`` and ``content``."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.dialogue import dialogue_records

SPOKEN = pl.List(pl.Struct({"from": pl.String, "value": pl.String, "role": pl.String, "content": pl.String}))


def _records(rows: pl.LazyFrame, options: Options) -> pl.LazyFrame:
    turn = pl.element().struct
    speaker = pl.coalesce(turn.field("from"), turn.field("role")).alias("from")
    said = pl.coalesce(turn.field("value"), turn.field("content")).alias("value")
    return dialogue_records(rows, pl.col("turns").list.eval(pl.struct(speaker, said)), options)


CONVERSATIONS = Converter(
    domain="instruct",
    format="conversations",
    about="Belle's training format, belle_chat_ramdon_10k, ShareGPT, ChatGLM3: conversations",
    columns={"turns": Column(aliases=("conversations",), unverified=("conversation",), dtype=SPOKEN)},
    records=_records,
)
