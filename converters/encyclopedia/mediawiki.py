"""MediaWiki dumps: pages of wikitext, among them talk pages, templates and redirects."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.encyclopedia.article import why_no_article
from converters.text import lead_paragraphs, paragraphs
from converters.wikitext import lead_section, plain_text

_REDIRECT = r"(?i)\A\s*#\s*(?:redirect|重定向)"
_DISAMBIGUATION_TEMPLATE = r"(?i)\{\{\s*[^{}|]{0,6}(?:消歧[义義][页頁]?|disambig|disambiguation|hndis|geodis)\s*[|}]"


def _why_no_article() -> pl.Expr:
    return (
        pl.when(pl.col("ns").str.strip_chars() != "0")
        .then(pl.lit("other_namespace"))
        .when((pl.col("redirect") != "") | pl.col("text").str.contains(_REDIRECT))
        .then(pl.lit("redirect"))
        .when(pl.col("text").str.contains(_DISAMBIGUATION_TEMPLATE))
        .then(pl.lit("disambiguation"))
    )


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    pages = rows.select("text", title=pl.col("title").str.strip_chars(), page_reason=_why_no_article())
    article = pl.when(pl.col("page_reason").is_null()).then(pl.col("text"))
    return pages.with_columns(body=paragraphs(plain_text(lead_section(article)))).select(
        prompt="title",
        response=lead_paragraphs(pl.col("body")),
        reason=pl.coalesce("page_reason", why_no_article(pl.col("title"), pl.col("body"))),
    )


MEDIAWIKI = Converter(
    domain="encyclopedia",
    format="mediawiki",
    about="page dumps of MediaWiki (zhwiki-…-pages-articles.xml)",
    columns={
        "title": Column(aliases=("title",)),
        "ns": Column(aliases=("ns",)),
        "text": Column(aliases=("text",)),
        "redirect": Column(aliases=("redirect",), required=False),
        "timestamp": Column(aliases=("timestamp",), required=False),
    },
    records=_records,
    verified=False,
)
