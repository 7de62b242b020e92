"""Reading comprehension (CMRC 2018, SQuAD): the titled passages without their questions.

A passage is an excerpt of an article, chosen for its length, so it is taken whole.
"""

import polars as pl

from converters.converter import ROW, Column, Converter, Options
from converters.wikitext import chosen_variants


def _flat_records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    return rows.select(prompt="title", response=chosen_variants(pl.col("context_text")))


def _squad_records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    passages = rows.select(ROW, "title", "paragraphs").explode("paragraphs", empty_as_null=True, keep_nulls=True)
    context = pl.col("paragraphs").struct.field("context")
    return passages.select(ROW, prompt="title", response=chosen_variants(context))


CMRC_FLAT = Converter(
    domain="encyclopedia",
    format="cmrc",
    about="passages of CMRC 2018 in its own shape: context_id, context_text, qas, title",
    columns={
        "title": Column(aliases=("title",)),
        "context_text": Column(aliases=("context_text",)),
        "context_id": Column(aliases=("context_id",), required=False),
    },
    records=_flat_records,
)

SQUAD = Converter(
    domain="encyclopedia",
    format="squad",
    about="passages in the shape of SQuAD: data[].title and data[].paragraphs[].context; one record a passage",
    columns={
        "title": Column(aliases=("title",)),
        "paragraphs": Column(aliases=("paragraphs",), dtype=pl.List(pl.Struct({"context": pl.String}))),
    },
    records=_squad_records,
)
