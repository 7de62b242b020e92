"""Dialogues written as text: tagged strings, or one text with the speakers' names in it, become turns."""

import polars as pl

from converters.dialogue import SYSTEM

TAG = r"^\s*[\[【](\p{L}+)[\]】]\s*[:：]?\s*"
"""``[客户] …``, as lawyer-llama tags the strings of a dialogue."""
BELLE = r"(?:^|\n)\s*(Human|Assistant)[ \t]*[:：]"
"""``Human:…\\nAssistant:…``, only at the start of a line."""
MOSS = r"(?:^|<eo[a-z]>)\s*\[(Human|MOSS)\][ \t]*[:：]"
"""``[Human]: …<eoh> [MOSS]: …<eoa>``"""

_TURN, _NAME = "\ufdd0", "\ufdd1"  # noncharacters, which no text may contain


def tagged_turns(texts: pl.Expr) -> pl.Expr:
    """A list of tagged strings as ``TURNS``; one without a tag has no speaker and is counted as unknown."""
    text = pl.element()
    return texts.list.eval(pl.struct(text.str.extract(TAG).alias("from"), text.str.replace(TAG, "").alias("value")))


def text_turns(text: pl.Expr, speaker: str) -> pl.Expr:
    """One text as ``TURNS``, split where ``speaker`` matches a name; what stands before the first is a system turn."""
    piece = pl.element().str.splitn(_NAME, 2)
    named = pl.element().str.contains(_NAME, literal=True)
    name, said = piece.struct.field("field_0"), piece.struct.field("field_1")
    turn = pl.struct(
        pl.when(named).then(name).otherwise(pl.lit(SYSTEM)).alias("from"),
        pl.when(named).then(said).otherwise(name).str.strip_chars().alias("value"),
    )
    pieces = text.str.replace_all(speaker, f"{_TURN}${{1}}{_NAME}").str.split(_TURN)
    return pieces.list.eval(turn.filter(pl.element().str.contains(r"\S")))
