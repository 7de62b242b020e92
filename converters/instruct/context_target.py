"""Texts made for one early trainer: ``Instruction: …\\nInput: …\\nAnswer: `` as context, the answer as target."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.sides import joined

TEMPLATE = r"(?s)^\s*Instruction[:：][ \t]*(.*?)(?:\nInput[:：][ \t]*(.*?))?\s*\nAnswer[:：]\s*$"


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    """A context that is not in the template is taken as it is."""
    context = pl.col("context")
    inside = joined(context.str.extract(TEMPLATE, 1), context.str.extract(TEMPLATE, 2))
    return rows.select(prompt=pl.coalesce(inside, context), response="target")


CONTEXT_TARGET = Converter(
    domain="instruct",
    format="context_target",
    about="zh-data01 and its like after preparation: context (Instruction:/Input:/Answer:) and target",
    columns={"context": Column(aliases=("context",)), "target": Column(aliases=("target",))},
    records=_records,
    verified=False,
)
