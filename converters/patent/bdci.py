"""The patents of CCF BDCI 2022 (small-sample classification): a name, an assignee, an abstract and a class."""

from converters.converter import Column, Converter
from converters.patent.table import name_to_abstract

BDCI = Converter(
    domain="patent",
    format="bdci",
    about="patents of the CCF BDCI 2022 competition: id, title, assignee, abstract, label_id",
    columns={
        "title": Column(aliases=("title",)),
        "abstract": Column(aliases=("abstract",)),
        "assignee": Column(aliases=("assignee",)),
        "id": Column(aliases=("id",), required=False),
        "label_id": Column(aliases=("label_id",), required=False),
    },
    records=name_to_abstract,
)
