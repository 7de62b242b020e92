"""Cells of CSV files that spreadsheet programs open, and what those programs make of such files when they save them."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from unicodedata import normalize

from schemas.errors import SourceError

_FORMULA = ("=", "+", "-", "@", "|", "%", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_ENCODINGS = ("utf-8-sig", "gb18030")
"""Excel saves CSV in the encoding of its country."""
_SEPARATORS = (",", ";", "\t")
_LARGEST = 1 << 24


def harmless(text: str) -> str:
    """A cell that no spreadsheet program takes for a formula."""
    begins = text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if begins else text


def csv_text(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Every cell quoted and harmless."""
    held = io.StringIO()
    writer = csv.writer(held, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return held.getvalue()


def read_csv(path: Path) -> list[Mapping[str, str]]:
    """Column -> cell of every row, with names in lower case; cells that are not there are empty.

    Raises SourceError for what is no table.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}; expected a rating sheet (CSV)") from None
    text = _decoded(data, path)
    separator = max(_SEPARATORS, key=text.partition("\n")[0].count)
    csv.field_size_limit(_LARGEST)
    try:
        head, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except (csv.Error, ValueError) as error:
        raise SourceError(f"{path}: no table: {error}; expected a rating sheet (CSV)") from None
    names = [normalize("NFKC", name).strip().strip("'").lower() for name in head]
    return [dict(zip(names, [*row, *[""] * len(names)], strict=False)) for row in rows if any(map(str.strip, row))]


def _decoded(data: bytes, path: Path) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SourceError(f"{path}: no text in UTF-8, UTF-16 or GB18030; save the sheet as CSV UTF-8")
