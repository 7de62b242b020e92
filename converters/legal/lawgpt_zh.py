"""LawGPT_zh test results: one question, answered by two models; the answer of LawGPT_zh is the record."""

import polars as pl

from converters.converter import Column, Converter, Options


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    return rows.select(prompt="question", response="answer")


LAWGPT_ZH = Converter(
    domain="legal",
    format="lawgpt_zh",
    about="LAW-GPT: test_result, 问题 and the answers of ChatGLM and LawGPT_zh",
    columns={"question": Column(aliases=("问题",)), "answer": Column(aliases=("LawGPT_zh",))},
    records=_records,
)
