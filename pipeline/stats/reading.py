"""The records of a finished file in blocks of bounded size; strict checking is the affair of ``prep validate``."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from schemas.errors import FormatError, SourceError
from schemas.records import HISTORY, PAIR_COLUMNS, Shape

_BLOCK_BYTES = 16 << 20
_BOM = b"\xef\xbb\xbf"
_SHOWN_CHARS = 60
_COLUMNS: dict[Shape, dict[str, pl.DataType]] = {
    "pair": {"content": pl.String(), "summary": pl.String()},
    "chat": {"prompt": pl.String(), "response": pl.String(), "history": HISTORY},
}
_EXPECTED = 'a line is {"content": …, "summary": …} or {"prompt": …, "response": …, "history": […]}'
_PAIRS = "a list of [question, answer] pairs"


def find_shape(path: Path) -> Shape | None:
    """The shape of the first record; None for a file without records. Raises FormatError for anything else."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.removeprefix(_BOM).strip():
                    return _shape_of(line.removeprefix(_BOM), f"{path}:{number}")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    return None


def read_records(path: Path, shape: Shape) -> Iterator[pl.DataFrame]:
    """Columns ``prompt``, ``response``, ``history`` (empty lists for pairs). Raises FormatError with file and line."""
    line = 1
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            block = block + file.readline()
            if line == 1:
                block = block.removeprefix(_BOM)
            yield _parse(block, shape, path, line)
            line += block.count(b"\n")


def _parse(block: bytes, shape: Shape, path: Path, first_line: int) -> pl.DataFrame:
    try:
        frame = pl.read_ndjson(block, schema=_COLUMNS[shape])
    except pl.exceptions.PolarsError as error:
        _raise_fault(block, shape, path, first_line)
        raise FormatError(f"{path}: cannot be read as JSON Lines: {str(error).splitlines()[0]}") from error
    if _is_faulty(frame):
        _raise_fault(block, shape, path, first_line)
    if shape == "chat":
        return frame
    inside = {outside: name for name, outside in PAIR_COLUMNS.items()}
    return frame.rename(inside).with_columns(history=pl.lit([], dtype=HISTORY))


def _is_faulty(frame: pl.DataFrame) -> bool:
    faults = [pl.all().is_null().any()]
    if "history" in frame.columns:
        pairs = frame.lazy().select(pair=pl.col("history").explode()).drop_nulls().collect()["pair"]
        if (pairs.list.len() != 2).any() or pairs.explode().null_count():
            return True
    return bool(frame.select(pl.any_horizontal(faults)).item())


def _shape_of(line: bytes, place: str) -> Shape:
    if line.lstrip().startswith(b"["):
        raise FormatError(f"{place}: a JSON array, expected JSON Lines; make a dataset of it with prep convert")
    row = _load(line, place)
    for shape, columns in _COLUMNS.items():
        if columns.keys() <= row.keys():
            return shape
    raise FormatError(f"{place}: found {', '.join(row) or 'no keys'}; expected: {_EXPECTED}")


def _raise_fault(block: bytes, shape: Shape, path: Path, first_line: int) -> None:
    """Find the line that polars could not take as a record: only a file that is broken is read in Python."""
    for number, line in enumerate(block.split(b"\n"), start=first_line):
        if not line.strip():
            continue
        row = _load(line, f"{path}:{number}")
        for column in _COLUMNS[shape]:
            is_right, expected = (_is_history, _PAIRS) if column == "history" else (_is_text, "text")
            if not is_right(row.get(column)):
                found = _shown(json.dumps(row[column], ensure_ascii=False)) if column in row else "nothing"
                raise FormatError(f"{path}:{number}:{column}: found {found}, expected {expected}; see prep validate")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_history(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(map(_is_text, pair)) for pair in value
    )


def _load(line: bytes, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except UnicodeDecodeError as error:
        raise FormatError(f"{place}: not UTF-8 (byte {error.start + 1} of the line); expected: {_EXPECTED}") from error
    except ValueError as error:
        found = _shown(line.decode("utf-8", "replace").strip())
        raise FormatError(f"{place}: not JSON: {found}; expected: {_EXPECTED}") from error
    if not isinstance(row, dict):
        raise FormatError(f"{place}: found {_shown(str(row))}; expected: {_EXPECTED}")
    return row


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"
