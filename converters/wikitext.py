"""Wikitext to plain text: the variants of Chinese as expressions, all other markup by a parser, a text at a time."""

import polars as pl

_MARKUP = r"\[\[|\{\{|\{\||''|<|&|\[https?:|__[A-Z]+__|(?m:^[*#:;])"
_SECTION_AND_MORE = 1 << 16
"""Characters of a page that are looked at: no lead with its infobox is as long."""


def chosen_variants(text: pl.Expr) -> pl.Expr:
    """Keep one variant of ``-{zh-hans:甲;zh-hant:乙}-``, simplified before others; conversion rules show nothing."""
    return (
        text.str.replace_all(r"-\{\s*[HTD-]\s*\|[^{}]*\}-", "")
        .str.replace_all(r"-\{[^{}]*?zh-(?:hans|cn)\s*:\s*([^;{}]*)[^{}]*\}-", "${1}")
        .str.replace_all(r"-\{(?:[^{}|]*\|)?\s*zh(?:-\w+)?\s*:\s*([^;{}]*)[^{}]*\}-", "${1}")
        .str.replace_all(r"-\{(?:[^{}|]*\|)?([^{}]*)\}-", "${1}")
    )


def lead_section(wikitext: pl.Expr) -> pl.Expr:
    """What stands before the first heading."""
    return wikitext.str.head(_SECTION_AND_MORE).str.extract(r"(?s)\A(.*?)(?:\n==|\z)")


def plain_text(wikitext: pl.Expr) -> pl.Expr:
    """What a reader of the page sees as running text; only texts with markup meet the parser.

    Punctuation that dropped templates leave at the edge of a bracket goes with them: ``（，1866年）``.
    """
    chosen = chosen_variants(wikitext)
    marked = pl.when(chosen.str.contains(_MARKUP)).then(chosen)
    parsed = marked.map_batches(_parsed, return_dtype=pl.String, is_elementwise=True)
    tidied = parsed.str.replace_all(r"([（(])[，、；,;\s]+", "${1}").str.replace_all(r"[，、；,;\s]+([）)])", "${1}")
    return chosen_variants(pl.coalesce(tidied, chosen))


def _parsed(texts: pl.Series) -> pl.Series:
    if texts.null_count() == len(texts):
        return texts
    from converters.wikitext_nodes import shown_text

    plain = [None if text is None else shown_text(text) for text in texts]
    return pl.Series(texts.name, plain, dtype=pl.String)
