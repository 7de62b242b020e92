"""ShareGPT conversations: turns of ``from`` and ``value``, or (ChatGLM3) ``role`` and ``content``; Firefly's pairs."""

import polars as pl

from converters.converter import TURNS, Column, Converter, Options
from converters.dialogue import ASSISTANT, USER, dialogue_records

PAIR = ("human", "assistant")
SPOKEN = pl.List(pl.Struct(dict.fromkeys(("from", "value", "role", "content", *PAIR), pl.String)))


def _records(rows: pl.LazyFrame, options: Options) -> pl.LazyFrame:
    """Only the lists that hold pairs are taken apart."""
    turns = pl.col("turns")
    is_pairs = turns.list.eval(pl.any_horizontal(_field(name).is_not_null() for name in PAIR)).list.any()
    pairs = pl.when(is_pairs).then(turns).list.eval(_both().explode())
    return dialogue_records(rows, pl.coalesce(pairs.cast(TURNS), turns.list.eval(_one())), options)


def _field(name: str) -> pl.Expr:
    return pl.element().struct.field(name)


def _one() -> pl.Expr:
    speaker = pl.coalesce(_field("from"), _field("role"))
    return pl.struct(speaker.alias("from"), pl.coalesce(_field("value"), _field("content")).alias("value"))


def _both() -> pl.Expr:
    """A question and its answer; one that is missing is empty."""
    speakers = zip((USER, ASSISTANT), PAIR, strict=True)
    return pl.concat_list(
        pl.struct(pl.lit(speaker).alias("from"), _field(name).alias("value")) for speaker, name in speakers
    )


CONVERSATIONS = Converter(
    domain="instruct",
    format="conversations",
    about="Belle's training format, belle_chat_ramdon_10k, ShareGPT, ChatGLM3: conversations; Firefly: conversation",
    columns={"turns": Column(aliases=("conversations", "conversation"), dtype=SPOKEN)},
    records=_records,
)
