"""Citation exports of CNKI and others, under the column names that the reader of citations gives them all."""

from dataclasses import replace

from converters.converter import Column, Converter
from converters.paper.table import DETAILS, title_to_abstract

CITATION = Converter(
    domain="paper",
    format="citation",
    about="citation exports of CNKI and other databases: EndNote, RIS, NoteExpress, E-Study, BibTeX",
    columns={
        "title": Column(aliases=("title",)),
        "abstract": Column(aliases=("abstract",)),
        "type": Column(aliases=("type",)),
        "author": replace(DETAILS["author"], required=True),
        "language": Column(aliases=("language",), required=False),
        "keywords": DETAILS["keywords"],
        "journal": DETAILS["journal"],
        "year": DETAILS["year"],
    },
    records=title_to_abstract,
)
