"""A converter: one format of one domain, the columns by which it is recognised, and how its rows become records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from schemas.places import ROW
from schemas.records import Domain

__all__ = ["ANY_JSON", "ROW", "TURNS", "Column", "Converter", "Options", "held_as"]

ANY_JSON = pl.Object()
"""Type of a column whose value may be any JSON; the converter gets its JSON text."""
TURNS = pl.List(pl.Struct({"from": pl.String, "value": pl.String}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a user may ask of a converter."""

    turns: Literal["all", "last"] = "all"
    """One record for every answer of a dialogue, with its growing history, or only for the last one."""
    statutes: bool = False
    """Legal: put the statutes that a row cites in front of its question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that the converter asks for, under the first of its names that the source has."""

    aliases: tuple[str, ...]
    dtype: pl.DataType = field(default_factory=pl.String)
    """``ANY_JSON`` or what the values must be; of a container of plain texts, JSON text is parsed where needed."""
    required: bool = True
    unverified: tuple[str, ...] = ()
    """Aliases known from documentation only, never seen in a real file; ``prep inspect`` says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converter:
    """Pure: ``records(rows, options)`` gets the columns of ``columns`` under their own names (an optional one that the
    source lacks is null) and gives records.

    What it gives: ``prompt``, ``response`` and, where they differ from the defaults, ``history`` (default: empty),
    ``group`` (default: the prompt), ``reason`` (a code of ``schemas/reasons.py`` for a row that becomes no record;
    null otherwise), ``rank`` (of the records of one group only those with the highest rank stay), and counts of
    ``schemas/reasons.py:TURN_COUNTS``. Either one line for each row in the same order, or ``ROW`` kept in the output;
    no row may vanish: one that becomes no record is a line with a ``reason``.
    """

    domain: Domain
    format: str
    """``wiki2019zh``; with the domain it makes the name ``encyclopedia/wiki2019zh``."""
    about: str
    """One line: where such files come from."""
    columns: Mapping[str, Column]
    records: Callable[[pl.LazyFrame, Options], pl.LazyFrame]
    hints: str | None = None
    """A regular expression that at least ``hint_share`` of the sampled rows must contain in some text: what tells this
    format from others with the same columns."""
    hint_share: float = 0.5
    verified: bool = True
    """Seen on a real file. Otherwise known from documentation only, and marked so."""

    @property
    def name(self) -> str:
        return f"{self.domain}/{self.format}"


def held_as(dtype: pl.DataType) -> pl.DataType:
    """Type of the column that the converter gets."""
    return pl.String() if dtype == ANY_JSON else dtype
