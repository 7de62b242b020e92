"""Chinese summarisation corpora (LCSTS, CLTS): a short text or an article, and its summary."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.text import joined_wraps


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    return rows.select(prompt=joined_wraps(pl.col("text")), response=joined_wraps(pl.col("summary")))


SUMMARIES = Converter(
    domain="paper",
    format="lcsts",
    about="summarisation corpora (LCSTS, CLTS): a text and its summary",
    columns={
        "text": Column(aliases=("short_text",), unverified=("article",)),
        "summary": Column(aliases=("summary",)),
    },
    records=_records,
    verified=False,
)
