"""Lines that break the quoting rules: read one by one, so that an unclosed quote costs one row and not the file."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.readers.delimited_lines import Indices, Lines

MAX_RECORD_BYTES = 8 << 20
"""A quote that stays open for longer was never meant to open."""
MAX_LINES_LOST = 1000
"""After so many lines that fit nowhere each line stands for itself again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the fields of a line are told apart."""

    separator: str
    quoted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Lines that are no record by the rules, ``end`` excluded."""

    first: int
    end: int
    fields: list[str] | None
    """The fields, where the line can be read all the same: ``5" disk`` or ``"he said "no" twice"``."""


def find_troubles(
    lines: Lines, quotes: Indices, dialect: Dialect, width: int | None, complete: bool
) -> tuple[list[Trouble], int]:
    """Troubles in order, and the index of the line at which the last, unfinished record starts."""
    before = np.append(np.searchsorted(quotes, lines.starts), len(quotes))
    first_violation = _quote_rules(lines.data, quotes, dialect.separator)
    troubles: list[Trouble] = []
    base = 0
    while (violation := first_violation(base)) is not None:
        first = int(np.searchsorted(lines.starts, quotes[violation], side="right")) - 1
        while (before[first] - base) % 2:
            first -= 1
        may_wait = not complete and len(lines.data) - int(lines.starts[first]) <= MAX_RECORD_BYTES
        if may_wait and violation == len(quotes) - 1 and (violation - base) % 2 == 0 and _opens(lines, quotes, dialect):
            return troubles, first
        trouble = _read_trouble(lines, first, dialect, width, may_wait)
        if trouble is None:
            return troubles, first
        troubles.append(trouble)
        base = int(before[trouble.end])
    return troubles, len(lines.starts)


def split_line(text: str, separator: str) -> list[str] | None:
    """Fields of one record, quotes that break the rules taken as text; None where a quoted field never ends."""
    strict, loose = _field_patterns(separator)
    fields: list[str] = []
    position = 0
    while True:
        if text.startswith('"', position):
            match = strict.match(text, position) or loose.match(text, position)
            if match is None:
                return None
            fields.append(match[1].replace('""', '"'))
            position = match.end()
        else:
            end = text.find(separator, position)
            end = len(text) if end < 0 else end
            fields.append(text[position:end])
            position = end
        if position >= len(text):
            return fields
        position += len(separator)


def split_record(text: str, dialect: Dialect) -> list[str] | None:
    """Fields of one record in this dialect."""
    return split_line(text, dialect.separator) if dialect.quoted else text.split(dialect.separator)


def fitted(fields: list[str] | None, width: int) -> list[str] | None:
    """The fields without superfluous empty ones at the end, if they are then ``width``."""
    if fields is None or len(fields) < width or any(fields[width:]):
        return None
    return fields[:width]


def _field_patterns(separator: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    end = rf'"(?={re.escape(separator)}|\Z)'
    return re.compile(rf'"((?:[^"]|"")*+){end}', re.DOTALL), re.compile(rf'"(.*?){end}', re.DOTALL)


def _quote_rules(data: bytes, quotes: Indices, separator: str) -> Callable[[int], int | None]:
    """A function that finds the first quote, from one that should open a field on, that breaks the rules."""
    values = np.frombuffer(data, dtype=np.uint8)
    previous = np.where(quotes > 0, values[quotes - 1], ord("\n"))
    padded = np.append(values, [ord("\n"), ord("\n")])
    following, after = padded[quotes + 1], padded[quotes + 2]
    allowed = [ord(separator), ord("\n"), ord('"')]
    bad_open = ~np.isin(previous, allowed)
    bad_close = ~(np.isin(following, allowed) | ((following == ord("\r")) & (after == ord("\n"))))

    def first_violation(base: int) -> int | None:
        begin, window = base, 64
        while begin < len(quotes):
            end = begin + window
            hits = [
                begin + 2 * int(np.argmax(bad)) + closing
                for closing, bad in ((0, bad_open[begin:end:2]), (1, bad_close[begin + 1 : end : 2]))
                if bad.any()
            ]
            if hits:
                return min(hits)
            begin, window = end, window * 4
        return len(quotes) - 1 if (len(quotes) - base) % 2 else None

    return first_violation


def _opens(lines: Lines, quotes: Indices, dialect: Dialect) -> bool:
    """Whether the last quote may open a field that goes on in the lines to come."""
    position = int(quotes[-1])
    return position == 0 or lines.data[position - 1 : position] in (dialect.separator.encode(), b"\n", b'"')


def _read_trouble(lines: Lines, first: int, dialect: Dialect, width: int | None, may_wait: bool) -> Trouble | None:
    """The trouble that starts on a line; None where the lines to come must be seen first."""
    fields = split_line(_line(lines, first), dialect.separator)
    if width is None or (fields := fitted(fields, width)) is not None:
        return Trouble(first=first, end=first + 1, fields=fields)
    for index in range(first + 1, min(first + MAX_LINES_LOST, len(lines.starts))):
        match _starts_record(lines, index, dialect, width):
            case "yes":
                return Trouble(first=first, end=index, fields=None)
            case "unknown" if may_wait:
                return None
    if may_wait and len(lines.starts) < first + MAX_LINES_LOST:
        return None
    return Trouble(first=first, end=min(first + MAX_LINES_LOST, len(lines.starts)), fields=None)


def _starts_record(lines: Lines, index: int, dialect: Dialect, width: int) -> Literal["yes", "no", "unknown"]:
    record, unfinished = _record_patterns(dialect.separator, width)
    start = int(lines.starts[index])
    if record.match(lines.data, start) or fitted(split_line(_line(lines, index), dialect.separator), width):
        return "yes"
    return "unknown" if unfinished.match(lines.data, start) else "no"


def _record_patterns(separator: str, width: int) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """A whole record of ``width`` fields, and the start of one whose quoted field is still open at the end."""
    mark = re.escape(separator)
    field = rf'(?:"(?:[^"]|"")*+"|(?!")[^{mark}\n]*+)'
    record = rf"{field}(?:{mark}{field}){{{width - 1}}}{mark}*+\r?(?:\n|\Z)"
    unfinished = rf'(?:{field}{mark})*+"(?:[^"]|"")*+\Z'
    return re.compile(record.encode()), re.compile(unfinished.encode())


def _line(lines: Lines, index: int) -> str:
    end = int(lines.starts[index + 1]) if index + 1 < len(lines.starts) else len(lines.data)
    return lines.text(int(lines.starts[index]), end)
