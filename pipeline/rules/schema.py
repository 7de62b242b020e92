"""What every record must be: the declared JSON Schema in expressions, no placeholder, two unequal sides."""

import polars as pl

from converters.text import where_found
from pipeline.cleaning.placeholders import is_placeholder
from pipeline.rules.rule import Rule, RuleOptions, always
from schemas.records import HISTORY

_VISIBLE = r"[^\s\x1c-\x1f]"
r"""``\S`` of JSON Schema as Python reads it, which takes the four separators for blanks too."""
_EDGES = (r"\A[\s\x1c-\x1f]", r"[\s\x1c-\x1f]\z")
_BLANKS = "".join(map(chr, (*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B)))) + (
    "\u2028\u2029\u202f\u205f\u3000"
)


def _empty(side: str) -> pl.Expr:
    text = pl.col(side)
    return text.is_null() | ~text.str.contains(_VISIBLE) | is_placeholder(text)


def _found(side: str) -> pl.Expr:
    text = pl.col(side)
    is_blank = ~text.str.contains(_VISIBLE)
    return (
        pl.when(text.is_null())
        .then(pl.lit("null"))
        .when(is_blank)
        .then(pl.lit("blank"))
        .otherwise(text.str.strip_chars(_BLANKS))
    )


def _bad_history(_options: RuleOptions) -> pl.Expr:
    pair = pl.element()
    null_text = pair.list.eval(pl.element().is_null()).list.any()
    is_no_pair = pair.is_null() | (pair.list.len() != 2) | null_text
    return pl.col("history").cast(HISTORY).list.eval(is_no_pair).list.any()


def _same_sides(_options: RuleOptions) -> pl.Expr:
    prompt, response = (where_found(pl.col(side), _EDGES, _trimmed) for side in ("prompt", "response"))
    return prompt == response


def _trimmed(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars(_BLANKS)


EMPTY_PROMPT = Rule(
    reason="empty_prompt",
    about="the prompt is missing, blank or a placeholder such as 无输入",
    asked=always,
    marks=lambda _options: _empty("prompt"),
    detail=lambda _options: _found("prompt"),
)
EMPTY_RESPONSE = Rule(
    reason="empty_response",
    about="the response is missing, blank or a placeholder such as 无",
    asked=always,
    marks=lambda _options: _empty("response"),
    detail=lambda _options: _found("response"),
)
BAD_HISTORY = Rule(
    reason="bad_history",
    about="the history is no list of pairs of text; a missing history is an empty one",
    asked=always,
    marks=_bad_history,
)
SAME_SIDES = Rule(
    reason="same_sides",
    about="prompt and response are equal but for edge blanks",
    asked=always,
    marks=_same_sides,
)
