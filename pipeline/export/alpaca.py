"""Alpaca: one JSON array of instruction, input and output; a history in the column that some of its readers know."""

import polars as pl

from converters.instruct.alpaca import IS_DIALOGUE
from pipeline.export.target import HAS_HISTORY, Target, Unsaid
from pipeline.export.turns import json_object


def _record(is_chat: bool) -> pl.Expr:
    """A question that begins with ``Human:`` stands in ``input``: as an instruction it would be read as a dialogue."""
    prompt = pl.col("prompt")
    is_given = prompt.str.contains(IS_DIALOGUE)
    sides = {
        "instruction": pl.when(is_given).then(pl.lit("")).otherwise(prompt),
        "input": pl.when(is_given).then(prompt).otherwise(pl.lit("")),
        "output": pl.col("response"),
    }
    return json_object(**sides, history=pl.col("history")) if is_chat else json_object(**sides)


ALPACA = Target(
    name="alpaca",
    about="Alpaca: instruction, input, output (and history), one JSON array",
    container="array",
    suffix="json",
    record=_record,
    use=lambda exported: f"--data_path {exported.path('train')}",
    unsaid=(
        Unsaid(
            name="history",
            counts=HAS_HISTORY,
            says="with earlier turns, in a column history that Alpaca itself has not; a trainer that does not know it "
            "trains on answers without what they answer: use sharegpt there",
        ),
    ),
    back=lambda _: ("--format", "instruct/alpaca"),
)
