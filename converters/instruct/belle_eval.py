"""Belle's evaluation set and its like: a question and its standard answer."""

import polars as pl

from converters.converter import Column, Converter, Options


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    return rows.select(prompt="question", response="answer")


BELLE_EVAL = Converter(
    domain="instruct",
    format="belle_eval",
    about="Belle: eval_set, question and std_answer",
    columns={
        "question": Column(aliases=("question",), unverified=("问题",)),
        "answer": Column(aliases=("std_answer",), unverified=("answer", "答案", "回答")),
    },
    records=_records,
)
