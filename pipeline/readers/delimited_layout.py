"""How a delimited file is laid out: separator, quoting, preamble, header. Found by reading its first lines."""

from collections import Counter
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from pipeline.readers.delimited_lines import Lines
from pipeline.readers.delimited_records import Records, find_records
from pipeline.readers.delimited_salvage import Dialect, split_record
from pipeline.readers.header import column_names, find_header, renamed

SEPARATORS = {",": "comma", "\t": "TAB", ";": "semicolon", "|": "bar"}
NO_SEPARATOR = "\x1f"
"""Stands in the dialect of a file with one column: a character that no text holds."""
_SAMPLE_RECORDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What must be known to read the data lines."""

    dialect: Dialect
    columns: tuple[str, ...]
    header: tuple[str, ...] | None
    """The cells of the header as they are written; null where the columns are only numbered."""
    data_line: int
    """Number of the line on which the data starts."""
    evenness: float
    """Share of the sampled records that have as many fields as most: how sure the separator is."""
    facts: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """The sample, read in one dialect."""

    dialect: Dialect
    rows: list[list[str]]
    lines: list[tuple[int, int]]
    """Index of the line on which each row starts, and of the one behind it."""
    width: int
    evenness: float


def find_layout(sample: Lines, name: str, complete: bool) -> Layout:
    """Read the first lines in every dialect and keep the most even one."""
    expected = "\t" if PurePath(name).suffix.lower() in (".tsv", ".tab") else ","
    order = [expected, *(separator for separator in SEPARATORS if separator != expected)]
    readings = [_read(sample, Dialect(separator=s, quoted=_is_quoted(sample, s)), complete) for s in order]
    even = [reading for reading in readings if reading.width > 1 and reading.evenness > 0.5]
    if even:
        reading = max(even, key=lambda reading: (round(reading.evenness, 1), -order.index(reading.dialect.separator)))
    elif any(separator in sample.text(0, _line_end(sample, 0)) for separator in SEPARATORS):
        reading = max(readings, key=lambda reading: (reading.width > 1, reading.evenness))
    else:
        reading = _read(sample, Dialect(separator=NO_SEPARATOR, quoted=_is_quoted(sample, expected)), complete)
    return _layout(reading, sample)


def _layout(reading: _Reading, sample: Lines) -> Layout:
    dialect, rows = reading.dialect, reading.rows
    at = find_header(rows, reading.width, likely=dialect.separator not in ("\t", NO_SEPARATOR))
    header = None if at is None else tuple(rows[at])
    columns = column_names(header or [""] * reading.width)
    facts = {
        "delimiter": SEPARATORS.get(dialect.separator, "none (one column)"),
        "quoting": '"' if dialect.quoted else "none",
        "header": "none, columns are numbered" if at is None else f"line {sample.number + reading.lines[at][0]}",
    }
    if at and (preamble := reading.lines[at][0]):
        facts["preamble"] = "1 line" if preamble == 1 else f"{preamble} lines"
    if header and (changed := renamed(header, columns)):
        facts["renamed columns"] = changed
    return Layout(
        dialect=dialect,
        columns=columns,
        header=header,
        data_line=sample.number + (0 if at is None else reading.lines[at][1]),
        evenness=reading.evenness,
        facts=facts,
    )


def _read(sample: Lines, dialect: Dialect, complete: bool) -> _Reading:
    records = find_records(sample, dialect, None, complete)
    filled = records.ends - records.starts > 2
    widths = Counter(records.fields[filled][:_SAMPLE_RECORDS].tolist())
    width, count = widths.most_common(1)[0] if widths else (1, 0)
    rows, lines = _rows(sample, records, dialect)
    width = _without_superfluous(rows, width)
    return _Reading(dialect=dialect, rows=rows, lines=lines, width=width, evenness=count / max(1, widths.total()))


def _without_superfluous(rows: list[list[str]], width: int) -> int:
    """The width of the first row, where the other rows are wider by empty fields only (a separator at the line end)."""
    first = next((len(row) for row in rows if any(row)), width)
    return first if 1 < first < width and not any(any(row[first:]) for row in rows) else width


def _rows(sample: Lines, records: Records, dialect: Dialect) -> tuple[list[list[str]], list[tuple[int, int]]]:
    """The first records as cells, and where they lie."""
    starts, ends = records.starts[:_SAMPLE_RECORDS], records.ends[:_SAMPLE_RECORDS]
    texts = [sample.text(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
    behind = np.searchsorted(sample.starts, ends).tolist()
    return [_cells(text, dialect) for text in texts], list(zip(records.lines.tolist(), behind, strict=False))


def _cells(text: str, dialect: Dialect) -> list[str]:
    cells = split_record(text, dialect)
    return text.split(dialect.separator) if cells is None else cells


def _is_quoted(sample: Lines, separator: str) -> bool:
    """TAB-separated text usually quotes nothing: only where nearly all of its quotes keep the rules do they count."""
    if separator != "\t":
        return True
    quotes = sample.data.count(b'"')
    if not quotes:
        return False
    troubles = find_records(sample, Dialect(separator=separator, quoted=True), None, complete=False).troubles
    return len(troubles) * 20 < quotes


def _line_end(sample: Lines, index: int) -> int:
    return int(sample.starts[index + 1]) if index + 1 < len(sample.starts) else len(sample.data)
