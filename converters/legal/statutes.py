"""Statutes of LawGPT_zh: rows of class, law and article; the law and the number of the article lead to its text."""

import polars as pl

from converters.converter import Column, Converter, Options

ARTICLE = r"^\s*(第[〇零一二三四五六七八九十百千两\d]+条(?:之[一二三四五六七八九十]+)?)"


def _text(text: pl.Expr) -> pl.Expr:
    """Undo the broken list notation: quoted pieces, paragraphs joined by a comma, ``\\n`` written out."""
    pieces = text.str.replace_all(r'(?:\\n)*"\s*,\s*"', "\n").str.replace_all(r'^\[?"|(?:\\n)*"\]?$', "")
    unopened = pl.when(~pieces.str.contains("]", literal=True)).then(pieces.str.strip_prefix("[")).otherwise(pieces)
    return unopened.str.replace_all("\\n", "\n", literal=True).str.replace_all(r"([。：；])\s*,", "${1}\n")


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    """What has no article number goes by the name of its law alone, with several answers by design."""
    text = _text(pl.col("text"))
    return rows.select(
        prompt=pl.concat_str(pl.col("law"), text.str.extract(ARTICLE), separator=" ", ignore_nulls=True),
        response=text,
    )


STATUTES = Converter(
    domain="legal",
    format="statutes",
    about="LAW-GPT: 最核心法条_9k, an array of [class, law, article]",
    columns={"class": Column(aliases=("0",)), "law": Column(aliases=("1",)), "text": Column(aliases=("2",))},
    records=_records,
    hints=r"第[〇零一二三四五六七八九十百千两\d]+条|[法典例定准则释]\d{4}-\d{2}-\d{2}|法律|劳动|仲裁",
)
