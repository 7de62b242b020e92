"""Every reader, in the order in which they are asked: the most telling first bytes first, plain text last."""

from collections.abc import Sequence

from pipeline.readers.arrow import ARROW, PARQUET
from pipeline.readers.bibtex import BIBTEX
from pipeline.readers.chunk import Reader, ReadOptions, Table
from pipeline.readers.citations import CITATIONS
from pipeline.readers.delimited import CSV
from pipeline.readers.excel import EXCEL
from pipeline.readers.json_reader import JSON
from pipeline.readers.mediawiki import MEDIAWIKI
from pipeline.readers.sqlite import SQLITE
from pipeline.readers.text import TEXT
from pipeline.readers.wikiextractor import PSEUDO_XML, WIKIEXTRACTOR
from pipeline.readers.xml import XML
from pipeline.sources.beginning import beginning
from pipeline.sources.inputs import Input
from schemas.errors import SourceError

READERS: Sequence[Reader] = (
    SQLITE,
    PARQUET,
    ARROW,
    EXCEL,
    MEDIAWIKI,
    WIKIEXTRACTOR,
    PSEUDO_XML,
    XML,
    JSON,
    *CITATIONS,
    BIBTEX,
    CSV,
    TEXT,
)


def read_tables(source: Input, options: ReadOptions) -> list[Table]:
    """The tables of an input, read by the first reader that recognises it."""
    head = source.head()
    for reader in READERS:
        if reader.recognises(source, head):
            return reader.tables(source, options)
    raise SourceError(
        f"{source.name}: no known format; it begins with {beginning(head)}; expected JSON, CSV, TSV, Excel, SQLite, "
        "Parquet, Arrow, XML, a citation export or one of these compressed; a short table needs the suffix .csv or .tsv"
    )
