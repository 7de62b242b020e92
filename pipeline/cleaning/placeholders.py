"""Texts that are not empty but mean so: 无输入, None, NaN."""

import re

import polars as pl

_BARE = ("无", "无输入", "没有输入", "无内容", "None", "none", "NaN", "nan", "null", "NULL", "N/A", "n/a")
_BRACKETED = ("无输入", "没有输入", "无", "noinput", "no input", "None", "null")
_BRACKETS = (("（", "）"), ("(", ")"), ("<", ">"), ("&lt;", "&gt;"), ("[", "]"), ("【", "】"))
_ENDED = tuple(f"{text}。" for text in ("无", "无输入", "没有输入"))

PLACEHOLDERS: tuple[str, ...] = (
    *_BARE,
    *_ENDED,
    *(f"{left}{text}{right}" for left, right in _BRACKETS for text in _BRACKETED),
)
_WHOLE_TEXT = rf"^[\s\x1c-\x1f]*(?:{'|'.join(re.escape(text) for text in PLACEHOLDERS)})[\s\x1c-\x1f]*$"


def is_placeholder(text: pl.Expr) -> pl.Expr:
    """Whether the whole text, edge blanks aside, is a placeholder. Null stays null."""
    return text.str.contains(_WHOLE_TEXT)
