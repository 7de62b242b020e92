"""webtext2019zh: questions of a discussion site with several answers each; the one with the most stars stays."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.encyclopedia.questions import question, unified_breaks


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    prompt = question(pl.col("title"), pl.col("desc"))
    return rows.select(
        prompt=prompt,
        response=unified_breaks(pl.col("content")),
        group=pl.coalesce("qid", prompt),
        rank=pl.col("star").cast(pl.Int64, strict=False).fill_null(0),
    )


WEBTEXT2019ZH = Converter(
    domain="encyclopedia",
    format="webtext2019zh",
    about="questions and starred answers of webtext2019zh",
    columns={
        "qid": Column(aliases=("qid",)),
        "title": Column(aliases=("title",)),
        "content": Column(aliases=("content",)),
        "star": Column(aliases=("star",)),
        "desc": Column(aliases=("desc",), required=False),
        "topic": Column(aliases=("topic",), required=False),
        "answer_id": Column(aliases=("answer_id",), required=False),
        "answerer_tags": Column(aliases=("answerer_tags",), required=False),
    },
    records=_records,
)
