"""Abstracts as databases and preprint servers export them, made plain."""

import polars as pl

from converters.text import joined_wraps, where_found

_LABEL = (
    r"\A(?:[【\[［]\s*(?:中文)?摘\s*要\s*[】\]］]\s*[:：]?"
    r"|(?:中文)?摘\s*要\s*(?:[:：]|\s)"
    r"|(?i:abstract)\s*(?:[:：.—–-]|\n))\s*"
)
_GLUED_LABEL = r"\AAbstract([A-Z])"
_GATES = ("<正>|&lt;正", r"\(#br\)", r"\A\s*[【\[［中摘aA]")


def plain_abstract(text: pl.Expr) -> pl.Expr:
    """One line, without ``<正>``, ``(#br)`` and the word 摘要 or Abstract in front of the text proper."""
    return joined_wraps(where_found(text, _GATES, _unmarked))


def _unmarked(text: pl.Expr) -> pl.Expr:
    unmarked = text.str.replace_all(r"<正>|&lt;正&gt;", "").str.replace_all("(#br)", "\n", literal=True)
    return unmarked.str.strip_chars().str.replace(_LABEL, "").str.replace(_GLUED_LABEL, "${1}")
