"""What every reader gives: tables, and their source rows in chunks, each row with its place."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from pipeline.sources.inputs import Input
from schemas.places import OFFSET, PLACE, ROW

__all__ = ["OFFSET", "PLACE", "ROW", "Chunk", "ReadOptions", "Reader", "Table"]

REJECTED: Mapping[str, pl.DataType] = {
    **PLACE,
    "raw": pl.String(),
    "reason": pl.String(),
    "detail": pl.String(),
}

Columns = Mapping[str, pl.DataType]
Row = Mapping[str, object]

CHUNK_BYTES = 14 << 20


def no_rejects() -> pl.DataFrame:
    return pl.DataFrame(schema=REJECTED)


def raw_as_json(rows: pl.DataFrame) -> pl.Series:
    """The source row as one JSON object: what a row of a table looks like in the ledger, and can be replayed from."""
    values = rows.drop(ROW, OFFSET, strict=False)
    return values.select(raw=pl.struct(pl.all()).struct.json_encode()).to_series()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some rows of one table, in source order. Every row read is in ``frame``, ``rejected`` or ``not_a_record``."""

    frame: pl.DataFrame
    """The place columns, then the source's columns."""
    rejected: pl.DataFrame = field(default_factory=no_rejects)
    """Rows that could not be read, columns ``REJECTED``; reasons stand in ``schemas/reasons.py``."""
    not_a_record: Mapping[str, int] = field(default_factory=dict)
    """Rows that carry nothing, counted by reason: ``empty_row``, ``comment``."""
    notes: Mapping[str, int] = field(default_factory=dict)
    """What was repaired on the way, counted: ``mixed_encoding``, ``lone_surrogate``."""
    only_records: pl.DataFrame | None = None
    """Columns ``ROW`` and ``record``: of the rows named here only these records are wanted (a ledger is replayed)."""
    raw: Callable[[pl.DataFrame], pl.Series] = raw_as_json
    """Source text of rows of ``frame`` (a subset of its lines), for the ledger."""

    @property
    def rows_read(self) -> int:
        return self.frame.height + self.rejected.height + sum(self.not_a_record.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What a user may force; everything else is found by reading."""

    encoding: str | None = None
    table: str | None = None
    """A table of a database, a sheet of a workbook."""
    chunk_bytes: int = CHUNK_BYTES
    sample_rows: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of rows inside an input; most inputs hold one, a database or a workbook may hold several."""

    name: str
    """The input's name, with ``#table`` where there are several."""
    reader: str
    columns: tuple[str, ...]
    """Names of the columns in the order in which they were first seen in the sample."""
    sample: Sequence[Row]
    """The first rows, as Python values."""
    chunks: Callable[[Columns | None], Iterator[Chunk]]
    """All rows. With ``columns``: these columns, these types, null where absent, a row whose value has another type
    rejected as ``wrong_type``. Without: every column as text. Columns of text containers are always text."""
    encoding: str | None = None
    converter: str | None = None
    """The converter that read these rows before, where a ledger is replayed."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What was found out on the way, said aloud: ``{"delimiter": "TAB", "preamble": "1 line"}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One container format."""

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[Input, bytes], bool]
    """Given the first 64 KiB. Asked of every reader in the order of the registry; the first to say yes reads it."""
    tables: Callable[[Input, ReadOptions], list[Table]]
    """Opens the input and finds its tables; raises SourceError where it is damaged beyond reading."""
