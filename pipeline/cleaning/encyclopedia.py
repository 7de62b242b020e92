"""Leftovers of encyclopedia pages: brackets whose template is gone, marks that pointed to references."""

import polars as pl

from pipeline.cleaning.step import Step

_NOTHING = r"(?:[\s，,；;、：:]|\p{Han}{1,4}[语語文][：:])*"
"""Also the name of a language before a word that is gone: （德语：；法语：）."""
_NUMBER = r"[1-9]\d{0,2}"
_MARK = rf"\[(?:[注註]\s?)?{_NUMBER}(?:\s?[-–~]\s?{_NUMBER})?\]"
_MARK_LIST = rf"\[{_NUMBER}(?:\s?[,，、]\s?{_NUMBER})+\]"
"""``[1,2]`` may be an interval: a mark only after a sentence or clause."""
_BREAK = r"(?:\x{a0}[\s--\n]*\n[\s--\n]*)?"
"""Baidu Baike breaks the line after a mark, in the midst of a sentence too."""


def _without_empty_brackets(text: pl.Expr) -> pl.Expr:
    return (
        text.str.replace_all(rf"(^|[^A-Za-z0-9_])\({_NOTHING}\)", "${1}（）")
        .str.replace_all(rf"[，,；;、]?[\s--\n]*（{_NOTHING}[）)]([，,；;、。：:！？）])", "${1}")
        .str.replace_all(rf"（{_NOTHING}[）)]", "")
        .str.replace_all(r"（[\s，,；;、]+", "（")
        .str.replace_all(r"[\s，,；;、]+）", "）")
    )


def _without_marks(text: pl.Expr) -> pl.Expr:
    lists = rf"([。，；！？、”’）」』》])[\s--\n]*{_MARK_LIST}{_BREAK}"
    return text.str.replace_all(lists, "${1}").str.replace_all(rf"[\s--\n]*{_MARK}{_BREAK}", "")


EMPTY_BRACKETS = Step(
    name="empty_brackets",
    has_signs=False,
    about="brackets that hold nothing or only punctuation go, and the doubled punctuation that they leave",
    gate=rf"[（(]{_NOTHING}[）)]|（[\s，,；;、]|[\s，,；;、]）",
    apply=_without_empty_brackets,
    domains=("encyclopedia",),
)
REFERENCE_MARKS = Step(
    name="reference_marks",
    has_signs=False,
    about="[1], [2-3] and [注 1] go",
    gate=rf"\[(?:[注註]\s?)?{_NUMBER}[\s\d,，、~–-]*\]",
    apply=_without_marks,
    domains=("encyclopedia",),
)
