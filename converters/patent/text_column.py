"""Patents whose name, keywords and abstract share one column, as classifiers are fed; in either of two layouts."""

import polars as pl

from converters.converter import Column, Converter, Options

_NAMED_TITLE = r"(?s)\A\s*Title:\s*(.*?)\s*\n\s*(?:Keywords|Abstract):"
_NAMED_ABSTRACT = r"(?s)\A\s*Title:.*?\n\s*Abstract:\s*(.*)\z"
_SEPARATED_TITLE = r"(?s)\A\s*(.*?)\s*\[SEP\]"
_SEPARATED_ABSTRACT = r"(?s)\A.*?\[SEP\](?:.*?\[SEP\])?\s*(.*)\z"


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    text = pl.col("text")
    title = pl.coalesce(text.str.extract(_NAMED_TITLE), text.str.extract(_SEPARATED_TITLE))
    abstract = pl.coalesce(text.str.extract(_NAMED_ABSTRACT), text.str.extract(_SEPARATED_ABSTRACT))
    return rows.select(prompt=title, response=abstract, group=title)


TEXT_COLUMN = Converter(
    domain="patent",
    format="text_column",
    about="one column 'Title: … Keywords: … Abstract: …' or 'title [SEP] keywords [SEP] abstract'",
    columns={
        "text": Column(aliases=("text",)),
        "publication_number": Column(aliases=("publication_number",), required=False),
        "labels": Column(aliases=("labels",), required=False),
        "n_labels": Column(aliases=("n_labels",), required=False),
    },
    records=_records,
    hints=r"(?s)Title:.*\n\s*Abstract:|\[SEP\].*\[SEP\]",
)
