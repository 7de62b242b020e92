"""Firefly: a kind of task, its input and its target."""

import polars as pl

from converters.converter import Column, Converter, Options


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    return rows.select(prompt="input", response="target")


FIREFLY = Converter(
    domain="instruct",
    format="firefly",
    about="Firefly 1.1M: kind, input, target",
    columns={"input": Column(aliases=("input",)), "target": Column(aliases=("target",))},
    records=_records,
    verified=False,
)
