"""lawyer-llama, single questions: what the client asks, the statutes that apply, the lawyer's answer."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.legal.vocabulary import with_statutes


def _records(rows: pl.LazyFrame, options: Options) -> pl.LazyFrame:
    return rows.select(
        prompt=with_statutes(pl.col("query"), pl.col("laws"), options),
        response="response",
        group="query",
    )


LAWYER_LLAMA = Converter(
    domain="legal",
    format="lawyer_llama",
    about="lawyer-llama: legal_counsel_with_article and zixun, one question with its statutes and answer",
    columns={
        "query": Column(aliases=("query",)),
        "laws": Column(aliases=("laws",), dtype=pl.List(pl.String)),
        "response": Column(aliases=("response",)),
    },
    records=_records,
)
