"""CrimeKgAssistant's corpus of questions: each with all the answers that it got, one record an answer."""

import polars as pl

from converters.converter import ROW, Column, Converter, Options
from converters.legal.vocabulary import LEGAL_WORDS


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    return rows.select(ROW, prompt="question", response="answers").explode("response", empty_as_null=True)


CRIME_KG = Converter(
    domain="legal",
    format="crime_kg",
    about="CrimeKgAssistant: qa_corpus, question and answers",
    columns={
        "question": Column(aliases=("question",)),
        "answers": Column(aliases=("answers",), dtype=pl.List(pl.String)),
    },
    records=_records,
    hints=LEGAL_WORDS,
    verified=False,
)
