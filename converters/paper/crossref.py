"""Crossref works: a list of titles, an abstract in JATS."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.paper.abstract import plain_abstract
from converters.text import joined_wraps


def _without_jats(text: pl.Expr) -> pl.Expr:
    """Blocks end lines; other tags leave their text."""
    lines = text.str.replace_all(r"</(?:jats:)?(?:p|title|sec|list-item)\s*>", "\n")
    return lines.str.replace_all(r"</?(?:jats:[\w-]+|p|title|sec)(?:\s[^<>]*)?/?>", "")


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    return rows.select(
        prompt=joined_wraps(pl.col("title").list.first()),
        response=plain_abstract(_without_jats(pl.col("abstract"))),
    )


CROSSREF = Converter(
    domain="paper",
    format="crossref",
    about="works of the Crossref API: title[], abstract in JATS, DOI, member",
    columns={
        "title": Column(aliases=("title",), dtype=pl.List(pl.String)),
        "abstract": Column(aliases=("abstract",)),
        "doi": Column(aliases=("DOI",)),
        "member": Column(aliases=("member",)),
        "language": Column(aliases=("language",), required=False),
    },
    records=_records,
    verified=False,
)
