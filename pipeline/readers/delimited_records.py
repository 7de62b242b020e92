"""Where the records of a delimited file begin and how many fields they have, found on whole blocks with numpy.

A quote opens a field only behind a separator or a line end, and closes it only before one (RFC 4180): where all quotes
keep to that, a line feed with an even number of quotes before it ends a record. What breaks the rule goes to
``delimited_salvage``.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.arrays import Flags
from pipeline.readers.delimited_lines import NONE, Indices, Lines
from pipeline.readers.delimited_salvage import Dialect, Trouble, find_troubles

QUOTE = ord('"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records of some lines that keep the quoting rules, and apart from them those that do not."""

    lines: Indices
    """Index of the line on which each record starts."""
    starts: Indices
    ends: Indices
    """Bytes of each record in the data, line end included."""
    fields: Indices
    """How many fields each record has."""
    troubles: list[Trouble]
    tail: int
    """Index of the line from which on the data holds no whole record yet."""


def find_records(lines: Lines, dialect: Dialect, width: int | None, complete: bool) -> Records:
    """Find the records of ``width`` fields; ``complete`` says that no more lines follow."""
    values = np.frombuffer(lines.data, dtype=np.uint8)
    quotes = np.flatnonzero(values == QUOTE) if dialect.quoted else NONE
    troubles, tail = find_troubles(lines, quotes, dialect, width, complete) if quotes.size else ([], len(lines.starts))
    bounds = np.append(lines.starts, len(lines.data))
    if troubles:
        quotes = quotes[_outside(quotes, troubles, bounds)]
    begins = _record_begins(lines, quotes, troubles, tail)
    clean = np.setdiff1d(begins, [trouble.first for trouble in troubles], assume_unique=True)
    ends = bounds[np.append(begins, tail)[np.searchsorted(begins, clean) + 1]]
    separators = np.flatnonzero(values == ord(dialect.separator))
    if quotes.size:
        separators = separators[np.searchsorted(quotes, separators) % 2 == 0]
    starts = bounds[clean]
    fields = np.searchsorted(separators, ends) - np.searchsorted(separators, starts) + 1
    return Records(lines=clean, starts=starts, ends=ends, fields=fields, troubles=troubles, tail=tail)


def _record_begins(lines: Lines, quotes: Indices, troubles: list[Trouble], tail: int) -> Indices:
    """Indices of the lines on which something begins: a record or a trouble."""
    begins = np.searchsorted(quotes, lines.starts[:tail]) % 2 == 0
    for trouble in troubles:
        begins[trouble.first + 1 : trouble.end] = False
    return np.flatnonzero(begins)


def _outside(positions: Indices, troubles: list[Trouble], bounds: Indices) -> Flags:
    """Which positions lie in no trouble."""
    edges = bounds[[edge for trouble in troubles for edge in (trouble.first, trouble.end)]]
    outside: Flags = np.searchsorted(edges, positions, side="right") % 2 == 0
    return outside
