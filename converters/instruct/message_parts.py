"""OpenAI messages whose content is a list of parts: text parts are joined, images and sounds counted."""

import polars as pl

from converters.converter import TURNS, Column, Converter, Options
from converters.dialogue import PART, dialogue_records

PARTS = pl.List(pl.Struct({"type": pl.String, "text": pl.String}))
MESSAGE, TURN = "__message__", "__turn__"


def _records(rows: pl.LazyFrame, options: Options) -> pl.LazyFrame:
    numbered = rows.with_row_index(MESSAGE)
    turns = _turns(numbered.select(MESSAGE, "messages").explode("messages").drop_nulls())
    whole = numbered.join(turns, on=MESSAGE, how="left", maintain_order="left")
    return dialogue_records(whole, pl.col("turns"), options)


def _turns(messages: pl.LazyFrame) -> pl.LazyFrame:
    """A message's text as one turn, and a turn of its own for each part that is none."""
    message = pl.col("messages").struct
    part = pl.element().struct.field
    parts = message.field("content").list
    spoken = pl.struct(
        message.field("role").alias("from"),
        parts.eval(part("text")).list.join("\n", ignore_nulls=True).alias("value"),
    )
    other = parts.eval(
        pl.struct(pl.lit(PART).alias("from"), part("text").alias("value")).filter(part("text").is_null())
    )
    return (
        messages.select(MESSAGE, pl.concat_list(spoken, other.fill_null(pl.lit([], TURNS))).alias("turns"))
        .explode("turns")
        .group_by(MESSAGE, maintain_order=True)
        .agg("turns")
    )


MESSAGE_PARTS = Converter(
    domain="instruct",
    format="message_parts",
    about="OpenAI chat messages whose content is a list of parts (text, image_url …)",
    columns={
        "messages": Column(aliases=("messages",), dtype=pl.List(pl.Struct({"role": pl.String, "content": PARTS}))),
    },
    records=_records,
    hints=r"(?m)^(?:text|image_url|input_text|output_text|input_audio|refusal)$",  # a type of a part
    verified=False,
)
