"""Legal questions with one answer, as LawBench keeps them: a question, its answer, sometimes an instruction before."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.legal.vocabulary import LEGAL_WORDS
from converters.sides import joined


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    return rows.select(prompt=joined(pl.col("instruction"), pl.col("question")), response="answer")


LEGAL_QUESTION_ANSWER = Converter(
    domain="legal",
    format="question_answer",
    about="LawBench and other tables of legal questions and answers",
    columns={
        "instruction": Column(aliases=("instruction",), required=False),
        "question": Column(aliases=("question",), unverified=("问题", "ask")),
        "answer": Column(aliases=("answer",), unverified=("答案", "回答", "reply")),
    },
    records=_records,
    hints=LEGAL_WORDS,
    verified=False,
)
