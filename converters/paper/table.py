"""Titles with abstracts under their usual names: tables, citation exports, anything without a shape of its own."""

import polars as pl

from converters.converter import Column, Converter, Options
from converters.paper.abstract import plain_abstract
from converters.text import joined_wraps

TITLE = Column(
    aliases=("title",),
    unverified=("题名", "篇名", "标题", "题目", "论文题目", "论文标题", "中文题名", "Title-题名"),
)
ABSTRACT = Column(
    aliases=("abstract",),
    unverified=("摘要", "中文摘要", "论文摘要", "内容摘要", "Summary-摘要"),
)
_OPTIONAL: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "keywords": (("keywords",), ("关键词", "关键字", "中文关键词", "Keyword-关键词")),
    "author": (("author",), ("authors", "作者", "Author-作者")),
    "journal": (("journal",), ("刊名", "期刊", "来源", "文献来源", "Source-文献来源", "venue")),
    "year": (("year",), ("年", "年份", "发表时间", "PubTime-发表时间")),
    "doi": ((), ("DOI", "DOI-DOI")),
    "discipline": ((), ("discipline", "学科", "专业")),
}
DETAILS = {
    name: Column(aliases=aliases, unverified=unverified, required=False)
    for name, (aliases, unverified) in _OPTIONAL.items()
}


def title_to_abstract(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    return rows.select(prompt=joined_wraps(pl.col("title")), response=plain_abstract(pl.col("abstract")))


PAPER_TABLE = Converter(
    domain="paper",
    format="table",
    about="any table with a title and an abstract: CSL with header, exports of literature databases",
    columns={"title": TITLE, "abstract": ABSTRACT, **DETAILS},
    records=title_to_abstract,
)
