"""Blanks: one kind instead of twenty, one instead of many, none at edges and line ends.

Instruct data keeps its tabs and the indentation of its lines (lists, code without fences); elsewhere both are leftovers
of a page layout. Lines that hold a ``|`` (tables, drawings) keep their inner blanks everywhere.
"""

import polars as pl

from pipeline.cleaning.signs import any_of
from pipeline.cleaning.step import NOT_INSTRUCT, Step

_OTHER = any_of(0xA0, 0x1680, range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)


def _plain(text: pl.Expr) -> pl.Expr:
    unindented = text.str.replace_all(r"(?m)^[\s--\n]*\x{3000}[\s--\n]*", "")
    return unindented.str.replace_all(_OTHER, " ")


PLAIN_BLANKS = Step(
    name="plain_blanks",
    about="paragraph indents of U+3000 go; no-break, full-width and typographic blanks become a plain blank",
    gate=_OTHER,
    apply=_plain,
)
TABS = Step(
    name="tabs",
    about="a tab becomes a blank",
    gate=r"\t",
    apply=lambda text: text.str.replace_all("\t", " ", literal=True),
    domains=NOT_INSTRUCT,
)
INDENTS = Step(
    name="indents",
    about="blanks at the start of every further line go",
    gate=r"\n[\s--\n]",
    apply=lambda text: text.str.replace_all(r"\n[\s--\n]+", "\n"),
    domains=NOT_INSTRUCT,
)
DOUBLED_BLANKS = Step(
    name="doubled_blanks",
    about="doubled blanks become one, but for indentation and lines with a |",
    gate="  ",
    apply=lambda text: text.str.replace_all(r"(?m)(^.*\|.*$|^ +)|( ) +", "${1}${2}"),
)
LINE_TAILS = Step(
    name="line_tails",
    about="blanks at the end of a line go",
    gate=r"[\s--\n]\n",
    apply=lambda text: text.str.replace_all(r"[\s--\n]+\n", "\n"),
)
EDGES = Step(
    name="edges",
    about="blanks and newlines at both ends go",
    gate=r"^\s|\s$",
    apply=lambda text: text.str.strip_chars(),
)
