"""Expressions on text that several converters need; what every text needs is in pipeline/cleaning."""

from collections.abc import Callable, Sequence

import polars as pl

_CHINESE = r"[\p{Han}\u3000-\u303f\uff01-\uffef]"
_SENTENCE_END = r"[。！？][”’」』）)]*"
_EDGES = (r"\A\s", r"\s\z")
_OPENING_CHARS = 8192
"""Several times any lead, a fraction of most articles."""


def where_found(text: pl.Expr, gates: Sequence[str], change: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """``change`` applied to the texts in which one of the regular expressions finds something; the rest stays.

    A gate that begins with at most three different bytes costs a tenth of a general one (memchr), so several small
    gates are cheaper than one that unites them.
    """

    def changed(texts: pl.Series) -> pl.Series:
        found = texts.to_frame("text").select(pl.any_horizontal(pl.col("text").str.contains(gate) for gate in gates))
        rows = found.to_series().arg_true()
        if rows.is_empty():
            return texts
        new = texts.gather(rows).to_frame("text").select(change(pl.col("text"))).to_series()
        return texts.clone().scatter(rows, new)

    return text.map_batches(changed, return_dtype=pl.String)


def trimmed(text: pl.Expr) -> pl.Expr:
    """Nothing at the edges; only texts that had blanks there are copied, which takes longer than to look for them."""
    return where_found(text, _EDGES, lambda found: found.str.strip_chars())


def joined_wraps(text: pl.Expr) -> pl.Expr:
    """One line instead of several: nothing at a break beside Chinese, a blank between Latin words."""
    return where_found(trimmed(text), (r"[\r\n]",), _joined)


def _joined(text: pl.Expr) -> pl.Expr:
    return (
        text.str.replace_all(r"\s*[\r\n]\s*", "\n")
        .str.replace_all(rf"({_CHINESE})\n", "${1}")
        .str.replace_all(rf"\n({_CHINESE})", "${1}")
        .str.replace_all(r"(\w-)\n", "${1}")
        .str.replace_all("\n", " ", literal=True)
    )


def opening(text: pl.Expr) -> pl.Expr:
    """As much of a long text as its lead may need, so that nothing below looks at the rest."""
    return text.str.head(_OPENING_CHARS).str.strip_chars()


def paragraphs(text: pl.Expr) -> pl.Expr:
    """One paragraph a line, no blank lines, nothing at the edges."""
    return text.str.strip_chars().str.replace_all(r"\s*[\r\n]\s*", "\n")


def lead_paragraphs(text: pl.Expr, max_chars: int = 512) -> pl.Expr:
    """The opening paragraphs up to ``max_chars``, cut after a sentence, of a text as ``paragraphs`` gives it.

    A paragraph that does not end as a sentence does (a heading, an item of a list, ``分为：``) ends the lead. A first
    sentence longer than ``max_chars`` is taken whole, and so is a first paragraph without any end of a sentence.
    """
    running_text = (text + "\n").str.extract(rf"\A((?:[^\n]*{_SENTENCE_END}\n)+)").str.strip_chars_end()
    lead = pl.coalesce(running_text, text.str.extract(r"\A([^\n]*)"))
    whole_sentences = lead.str.head(max_chars).str.extract(rf"(?s)\A(.*{_SENTENCE_END})")
    first_sentence = lead.str.extract(rf"\A([^。！？]*{_SENTENCE_END})")
    return pl.coalesce(whole_sentences, first_sentence, lead)
