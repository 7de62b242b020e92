"""baike2018qa: questions of a community encyclopedia with their best answer."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.encyclopedia.questions import question, unified_breaks


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    return rows.select(
        prompt=question(pl.col("title"), pl.col("desc")),
        response=unified_breaks(pl.col("answer")),
    )


BAIKE2018QA = Converter(
    domain="encyclopedia",
    format="baike2018qa",
    about="questions and best answers of baike2018qa",
    columns={
        "title": Column(aliases=("title",)),
        "desc": Column(aliases=("desc",)),
        "answer": Column(aliases=("answer",)),
        "qid": Column(aliases=("qid",), required=False),
        "category": Column(aliases=("category",), required=False),
    },
    records=_records,
)
