"""Alpaca columns, and what others put into them: Belle's dialogues as text, LLaMA-Factory's system and history."""

import polars as pl

from converters.converter import ROW, Column, Converter, Options
from converters.dialogue import ASSISTANT, SYSTEM, dialogue_records
from converters.dialogue_text import BELLE, text_turns
from converters.sides import joined
from schemas.reasons import TURN_COUNTS
from schemas.records import HISTORY

IS_DIALOGUE = r"^\s*Human[ \t]*[:：]"
OPEN_ANSWER = r"\n\s*Assistant[ \t]*[:：]\s*$"
"""``Human:…\\nAssistant:`` asks for the answer that stands in ``output``."""


def _records(rows: pl.LazyFrame, options: Options) -> pl.LazyFrame:
    """A history that is given is context of the one answer, not a source of more records."""
    is_dialogue = pl.col("instruction").str.contains(IS_DIALOGUE) & (pl.col("history").list.len().fill_null(0) == 0)
    is_dialogue = is_dialogue.fill_null(False)
    both = [_single(rows.filter(~is_dialogue)), _dialogues(rows.filter(is_dialogue), options)]
    counts = pl.col(*TURN_COUNTS).fill_null(0)
    return pl.concat(both, how="diagonal").with_columns(counts).sort(ROW, maintain_order=True)


def _single(rows: pl.LazyFrame) -> pl.LazyFrame:
    prompt = joined(pl.col("instruction"), pl.col("input"))
    return rows.select(
        ROW,
        prompt=prompt,
        response="output",
        history=pl.col("history").fill_null([]),
        group=pl.coalesce(pl.col("history").list.first().list.first(), prompt),
        system_turns=_has_system().cast(pl.UInt32),
    )


def _dialogues(rows: pl.LazyFrame, options: Options) -> pl.LazyFrame:
    text = joined(pl.col("instruction").str.replace(OPEN_ANSWER, ""), pl.col("input"))
    answer = pl.struct(pl.lit(ASSISTANT).alias("from"), pl.col("output").alias("value"))
    system = pl.when(_has_system()).then(pl.struct(pl.lit(SYSTEM).alias("from"), pl.col("system").alias("value")))
    turns = pl.concat_list(system, text_turns(text, BELLE), answer).list.drop_nulls()
    return dialogue_records(rows, turns, options)


def _has_system() -> pl.Expr:
    return pl.col("system").str.contains(r"\S").fill_null(False)


ALPACA = Converter(
    domain="instruct",
    format="alpaca",
    about="Alpaca, Belle (single turns and Human:/Assistant: text), COIG-CQIA: instruction, input, output",
    columns={
        "instruction": Column(aliases=("instruction",), unverified=("指令",)),
        "input": Column(aliases=("input",), unverified=("输入",), required=False),
        "output": Column(aliases=("output",), unverified=("输出",)),
        "system": Column(aliases=("system",), required=False),
        "history": Column(aliases=("history",), dtype=HISTORY, required=False),
    },
    records=_records,
)
