"""CSL, scientific literature in Chinese, as its files are published: tab-separated, without header or quotes.

Its keyword files have no title apart from the text and its category files no abstract: nothing here claims them.
"""

from converters.converter import Column, Converter
from converters.paper.table import title_to_abstract

_DISCIPLINES = "工学|理学|农学|医学|文学|法学|历史学|哲学|教育学|经济学|管理学|军事学|艺术学"

CSL_TITLES = Converter(
    domain="paper",
    format="csl_ts",
    about="title files of the CSL benchmark: 'to title', abstract, title",
    columns={
        "task": Column(aliases=("0",)),
        "abstract": Column(aliases=("1",)),
        "title": Column(aliases=("2",)),
    },
    records=title_to_abstract,
    hints=r"(?m)^to title$",
    hint_share=0.9,
)

CSL_FULL = Converter(
    domain="paper",
    format="csl",
    about="CSL whole, without header: title, abstract, keywords, discipline, category",
    columns={
        "title": Column(aliases=("0",)),
        "abstract": Column(aliases=("1",)),
        "keywords": Column(aliases=("2",)),
        "discipline": Column(aliases=("3",)),
        "category": Column(aliases=("4",)),
    },
    records=title_to_abstract,
    hints=rf"(?m)^(?:{_DISCIPLINES})$",
    hint_share=0.9,
    verified=False,
)
