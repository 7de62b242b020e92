"""The metadata snapshot of arXiv: titles and abstracts wrapped by hand."""

from converters.converter import Column, Converter
from converters.paper.table import title_to_abstract

ARXIV = Converter(
    domain="paper",
    format="arxiv",
    about="the arXiv metadata snapshot: id, title, abstract, categories, …",
    columns={
        "title": Column(aliases=("title",)),
        "abstract": Column(aliases=("abstract",)),
        "id": Column(aliases=("id",)),
        "categories": Column(aliases=("categories",)),
        "authors": Column(aliases=("authors",), required=False),
        "update_date": Column(aliases=("update_date",), required=False),
    },
    records=title_to_abstract,
    verified=False,
)
