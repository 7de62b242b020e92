"""MOSS 003: ``chat`` holds ``turn_1``, ``turn_2`` …, each with what the human, the tools and MOSS said."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.dialogue import UNKNOWN, dialogue_records

MAX_TURNS = 40
SAID = ("Human", "Inner Thoughts", "Commands", "Tool Responses", "MOSS")
"""In the order in which they are said."""
MARKS = r"^\s*<\|[^|<>]+\|>\s*[:：]\s*|\s*<eo[a-z]>\s*$"


def _records(rows: pl.LazyFrame, options: Options) -> pl.LazyFrame:
    """Turns after ``MAX_TURNS`` are known by their number only, and counted as unknown."""
    turns = pl.concat_list(pl.col("chat").struct.unnest()).list.drop_nulls()
    said = turns.list.eval(pl.concat_list(_said(name) for name in SAID).explode().drop_nulls())
    numbers = pl.int_ranges(MAX_TURNS, pl.col("num_turns").str.to_integer(strict=False).fill_null(0))
    beyond = numbers.list.eval(_turn(UNKNOWN, pl.element().cast(pl.String)))
    return dialogue_records(rows, pl.concat_list(said, beyond), options)


def _said(name: str) -> pl.Expr:
    """Null for what was not said, also for the ``None`` of unused tools; tools are system turns."""
    said = pl.element().struct.field(name).str.replace_all(MARKS, "")
    if name in ("Human", "MOSS"):
        return pl.when(said.is_not_null()).then(_turn(name, said))
    return pl.when(said.is_not_null() & ~said.is_in(["", "None"])).then(_turn("tool", said))


def _turn(speaker: str, said: pl.Expr) -> pl.Expr:
    return pl.struct(pl.lit(speaker).alias("from"), said.alias("value"))


MOSS_003 = Converter(
    domain="instruct",
    format="moss_003",
    about="MOSS 003: num_turns and chat with turn_1, turn_2 … of Human and MOSS",
    columns={
        "chat": Column(
            aliases=("chat",),
            dtype=pl.Struct(
                {f"turn_{number}": pl.Struct(dict.fromkeys(SAID, pl.String)) for number in range(1, MAX_TURNS + 1)}
            ),
        ),
        "num_turns": Column(aliases=("num_turns",), required=False),
    },
    records=_records,
    verified=False,
)
