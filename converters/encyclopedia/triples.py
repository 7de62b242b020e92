"""Knowledge graphs as triples: of all relations only the one that describes the entity makes a record."""

import polars as pl

from converters.converter import Column, Converter, Options

_DESCRIPTIONS = ("描述", "BaiduCARD")


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    describes = pl.col("relation").str.strip_chars().is_in(_DESCRIPTIONS)
    return rows.select(
        prompt="entity",
        response="value",
        reason=pl.when(~describes.fill_null(value=False)).then(pl.lit("other_relation")),
    )


OWNTHINK = Converter(
    domain="encyclopedia",
    format="ownthink",
    about="triples of the OwnThink knowledge graph: 实体, 属性, 值",
    columns={
        "entity": Column(aliases=("实体",)),
        "relation": Column(aliases=("属性",)),
        "value": Column(aliases=("值",)),
    },
    records=_records,
)

CN_DBPEDIA = Converter(
    domain="encyclopedia",
    format="cn_dbpedia",
    about="triples of CN-DBpedia: tab-separated, no header, BaiduCARD describes",
    columns={
        "entity": Column(aliases=("0",)),
        "relation": Column(aliases=("1",)),
        "value": Column(aliases=("2",)),
    },
    records=_records,
    hints=r"(?m)^Baidu(?:CARD|TAG)$",
    hint_share=0.02,
    verified=False,
)
