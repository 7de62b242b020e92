"""OpenAlex works: an abstract stands there as an index from each word to its places."""

import polars as pl

from converters.converter import ANY_JSON, Column, Converter, Options
from converters.paper.abstract import plain_abstract
from converters.text import joined_wraps

_ENTRY = r'"(?:[^"\\]|\\.)*"\s*:\s*\[[\d,\s]*\]'
_BLANK_IN_CHINESE = r"([\p{Han}\u3000-\u303f\uff01-\uffef]) "


def _from_inverted_index(index: pl.Expr) -> pl.Expr:
    """``{"数学": [0, 2], "的": [1]}`` as JSON text -> ``数学的数学``."""
    entry = pl.element()
    word = entry.str.extract(r'(?s)\A("(?:[^"\\]|\\.)*")').str.json_decode(pl.String)
    places = entry.str.extract(r"\[([\d,\s]*)\]\z").str.extract_all(r"\d+").cast(pl.List(pl.Int64))
    in_order = word.repeat_by(places.list.len()).explode().sort_by(places.explode())
    return index.str.extract_all(_ENTRY).list.eval(in_order).list.join(" ")


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    abstract = _from_inverted_index(pl.col("index")).str.replace_all(_BLANK_IN_CHINESE, "${1}")
    return rows.select(prompt=joined_wraps(pl.col("title")), response=plain_abstract(abstract))


OPENALEX = Converter(
    domain="paper",
    format="openalex",
    about="works of OpenAlex: title or display_name, abstract_inverted_index",
    columns={
        "title": Column(aliases=("title", "display_name")),
        "index": Column(aliases=("abstract_inverted_index",), dtype=ANY_JSON),
        "language": Column(aliases=("language",), required=False),
    },
    records=_records,
    verified=False,
)
