"""DISC-Law-SFT, pairs and triplets: a task in one text, its answer, and the statutes that it rests on."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.legal.vocabulary import LEGAL_WORDS, with_statutes


def _records(rows: pl.LazyFrame, options: Options) -> pl.LazyFrame:
    return rows.select(
        prompt=with_statutes(pl.col("input"), pl.col("reference"), options),
        response="output",
        group="input",
    )


DISC_LAW = Converter(
    domain="legal",
    format="disc_law",
    about="DISC-Law-SFT: Pair-QA and Triplet-QA; lawyer-llama: fakao_gpt4",
    columns={
        "input": Column(aliases=("input",)),
        "output": Column(aliases=("output",)),
        "reference": Column(aliases=("reference",), dtype=pl.List(pl.String), required=False),
    },
    records=_records,
    hints=LEGAL_WORDS,
    verified=False,
)
