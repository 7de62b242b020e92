"""Legal questions in Alpaca columns: lawyer-llama's legal_advice and exam questions, LaWGPT."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.legal.vocabulary import LEGAL_WORDS
from converters.sides import joined


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    return rows.select(prompt=joined(pl.col("instruction"), pl.col("input")), response="output")


LEGAL_ADVICE = Converter(
    domain="legal",
    format="legal_advice",
    about="lawyer-llama: legal_advice, judical_examination; LaWGPT: instruction, input and output of legal matters",
    columns={
        "instruction": Column(aliases=("instruction",)),
        "input": Column(aliases=("input",), required=False),
        "output": Column(aliases=("output",)),
    },
    records=_records,
    hints=LEGAL_WORDS,
)
