"""lawyer-llama, consultations of several turns: strings tagged ``[客户]`` and ``[律师]``."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.dialogue import dialogue_records
from converters.dialogue_text import tagged_turns
from converters.legal.vocabulary import cited


def _records(rows: pl.LazyFrame, options: Options) -> pl.LazyFrame:
    return dialogue_records(
        rows,
        tagged_turns(pl.col("history")),
        options,
        context=cited(pl.col("laws"), options),
        group=pl.col("query"),  # the same questions stand in the file of single turns: one group with them
    )


LAWYER_LLAMA_DIALOGUE = Converter(
    domain="legal",
    format="lawyer_llama_dialogue",
    about="lawyer-llama: legal_counsel_multi_turn_with_article, whole consultations",
    columns={
        "query": Column(aliases=("query",)),
        "laws": Column(aliases=("laws",), dtype=pl.List(pl.String)),
        "history": Column(aliases=("history",), dtype=pl.List(pl.String)),
    },
    records=_records,
)
