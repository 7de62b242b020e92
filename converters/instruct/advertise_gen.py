"""content and summary, the pair that the official trainer reads: AdvertiseGen, and datasets of our own."""

import polars as pl

from converters.converter import Column, Converter, Options


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    return rows.select(prompt="content", response="summary")


ADVERTISE_GEN = Converter(
    domain="instruct",
    format="advertise_gen",
    about="AdvertiseGen and every other file of content and summary",
    columns={"content": Column(aliases=("content",)), "summary": Column(aliases=("summary",))},
    records=_records,
)
