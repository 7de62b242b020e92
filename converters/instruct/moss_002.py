"""MOSS 002: a whole dialogue in one text, ``[Human]: …<eoh> [MOSS]: …<eoa>``."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.dialogue import dialogue_records
from converters.dialogue_text import MOSS, text_turns

LAST_MARK = r"<eo[a-z]>\s*$"


def _records(rows: pl.LazyFrame, options: Options) -> pl.LazyFrame:
    """The prefix, which says the same of MOSS in every row, is a system turn."""
    text = pl.concat_str("prefix", pl.col("text").str.replace(LAST_MARK, ""), separator="<eos>", ignore_nulls=True)
    return dialogue_records(rows, text_turns(text, MOSS), options)


MOSS_002 = Converter(
    domain="instruct",
    format="moss_002",
    about="MOSS 002: prefix and plain_text with [Human]: and [MOSS]:",
    columns={
        "prefix": Column(aliases=("prefix",), required=False),
        "text": Column(aliases=("plain_text",)),
    },
    records=_records,
    verified=False,
)
