"""What is an article and what only looks like one: meanings of a word, lists, yearbooks."""

import polars as pl

_LISTED_MEANINGS = r"\A[^\n。！？]*(?:可以|可能|也可|一般|通常)(?:是?指|是)(?:[^\n。！？]{0,16}[:：])?\s*(?:\n|\z)"
_NO_MORE_THAN_A_COLON = r"\A[^\n。！？]*[:：](?:\n|\z)"
_LIST_TITLE = r".(?:列表|年表)\s*(?:[(（].*[)）])?\s*\z"


def without_title_line(text: pl.Expr, title: pl.Expr) -> pl.Expr:
    """Extracted articles repeat their title as first line; the subject of a first sentence is left alone."""
    return text.str.strip_prefix(title.str.strip_chars() + "\n")


def why_no_article(title: pl.Expr, text: pl.Expr) -> pl.Expr:
    """``disambiguation``, ``list_page`` or null; ``text`` as ``converters.text.paragraphs`` gives it."""
    return (
        pl.when(title.str.contains("消歧[义義]") | text.str.contains(_LISTED_MEANINGS))
        .then(pl.lit("disambiguation"))
        .when(title.str.contains(_LIST_TITLE) | text.str.contains(_NO_MORE_THAN_A_COLON))
        .then(pl.lit("list_page"))
    )
