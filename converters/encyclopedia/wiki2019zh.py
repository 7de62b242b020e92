"""Extracted Wikipedia articles, as wiki2019zh holds them and WikiExtractor writes them."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.encyclopedia.article import why_no_article, without_title_line
from converters.text import lead_paragraphs, opening, paragraphs
from converters.wikitext import chosen_variants


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    title = pl.col("title").str.strip_chars()
    body = paragraphs(chosen_variants(without_title_line(opening(pl.col("text")), title)))
    return rows.select(title=title, body=body).select(
        prompt="title",
        response=lead_paragraphs(pl.col("body")),
        reason=why_no_article(pl.col("title"), pl.col("body")),
    )


WIKI2019ZH = Converter(
    domain="encyclopedia",
    format="wiki2019zh",
    about="extracted Wikipedia articles: wiki2019zh, the text and JSON output of WikiExtractor",
    columns={
        "title": Column(aliases=("title",)),
        "text": Column(aliases=("text",)),
        "id": Column(aliases=("id",)),
        "url": Column(aliases=("url",)),
        "revid": Column(aliases=("revid",), required=False),
    },
    records=_records,
)
