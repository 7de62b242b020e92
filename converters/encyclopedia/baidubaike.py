"""Crawls of Baidu Baike: an item and its summary, which is a lead already and so is taken whole."""

import polars as pl

from converters.converter import Column, Converter, Options


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    return rows.select(prompt="itemTitle", response="itemSummary")


BAIDUBAIKE = Converter(
    domain="encyclopedia",
    format="baidubaike",
    about="crawls of Baidu Baike with itemTitle and itemSummary",
    columns={
        "itemTitle": Column(aliases=("itemTitle",)),
        "itemSummary": Column(aliases=("itemSummary",)),
        "itemUrls": Column(aliases=("itemUrls",), required=False),
    },
    records=_records,
)
