"""A file of records as a frame: JSON Lines, a JSON array or CSV, with the columns that the official scripts name."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import polars as pl

from schemas.dataset import MANIFEST
from schemas.errors import EncodingError, FormatError, SourceError
from schemas.near import meant
from schemas.records import HISTORY, PAIR_COLUMNS, Shape
from train.conversation_files import holds_conversations, records_of_conversations

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What a file calls the sides of its records."""

    prompt: str
    response: str
    history: str | None = None

    @classmethod
    def of_shape(cls, shape: Shape) -> "Columns":
        if shape == "pair":
            return cls(**PAIR_COLUMNS)
        return cls(prompt="prompt", response="response", history="history")


def read_records(path: Path, columns: Columns | None = None) -> pl.DataFrame:
    """The columns ``prompt``, ``response`` and, where the file has such a column, ``history``.

    A side may be missing in a row (null): whoever encodes counts it. Raises a PrepError that names the place for what
    cannot be read, and for values of another kind.
    """
    readers: Mapping[str, Callable[[Path], list[Row]]] = {".json": _json, ".jsonl": _json, ".csv": _csv}
    if path.suffix.lower() not in readers and not path.exists():
        hint = meant(path, MANIFEST, Path("data")) or "make a dataset with prep convert"
        raise FormatError(f"{path}: no such dataset or file; {hint}")
    if path.suffix.lower() not in readers:
        raise FormatError(f"{path}: expected a file that ends in .json, .jsonl or .csv; convert it with prep convert")
    rows = readers[path.suffix.lower()](path)
    if columns is None and holds_conversations(rows):
        return records_of_conversations(path, rows)
    chosen = _columns(path, rows, columns)
    sides = {
        side: _texts(path, rows, name) for side, name in (("prompt", chosen.prompt), ("response", chosen.response))
    }
    frame = pl.DataFrame(sides, schema={"prompt": pl.String, "response": pl.String})
    if chosen.history is None:
        return frame
    return frame.with_columns(history=pl.Series("history", _histories(path, rows, chosen.history), dtype=HISTORY))


def _json(path: Path) -> list[Row]:
    text = _text(path)
    rows: list[Row]
    if text.lstrip().startswith("["):
        rows = _parsed(path, text, 1)
    else:
        lines = ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
        rows = [_parsed(path, line, number) for number, line in lines]
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise FormatError(f"{path}: record {number} is {_shown(row)}; expected an object with columns")
    return rows


def _parsed(path: Path, text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        where = line + getattr(error, "lineno", 1) - 1
        raise FormatError(
            f"{path}:{where}: not JSON: {error}; repair the line, or let prep convert set it aside"
        ) from None


def _csv(path: Path) -> list[Row]:
    try:
        return [*pl.read_csv(_text(path).encode(), infer_schema=False).iter_rows(named=True)]
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise FormatError(f"{path}: not CSV: {reason}; repair it, or convert it with prep convert") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise EncodingError(f"{path}: not UTF-8 at byte {error.start}; convert it with prep convert") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None


def _columns(path: Path, rows: Sequence[Row], named: Columns | None) -> Columns:
    found = list(dict.fromkeys(name for row in rows for name in row))
    known = [named] if named else [Columns.of_shape("pair"), Columns.of_shape("chat")]
    for columns in known:
        if {columns.prompt, columns.response} <= set(found) and (not named or columns.history in {None, *found}):
            return columns if columns.history in found else replace(columns, history=None)
    wanted = " or ".join(f"{columns.prompt} and {columns.response}" for columns in known)
    if named and named.history is not None:
        wanted += f" and {named.history}"
    raise FormatError(
        f"{path}: expected the columns {wanted}; found {', '.join(found) or 'none'}; "
        "name them with --prompt_column, --response_column and --history_column"
    )


def _texts(path: Path, rows: Sequence[Row], column: str) -> list[str | None]:
    texts = [row.get(column) for row in rows]
    for number, text in enumerate(texts, start=1):
        if text is not None and not isinstance(text, str):
            _wrong(path, number, column, text, "a text")
    return texts


def _histories(path: Path, rows: Sequence[Row], column: str) -> list[list[list[str]]]:
    histories = [_turns(row.get(column)) for row in rows]
    for number, turns in enumerate(histories, start=1):
        if not isinstance(turns, list) or not all(_is_turn(turn) for turn in turns):
            _wrong(path, number, column, turns, 'a list of ["question", "answer"]')
    return histories


def _turns(value: Any) -> Any:
    """CSV has no lists: there a history is JSON in a text."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value or []


def _is_turn(turn: Any) -> bool:
    return isinstance(turn, list) and len(turn) == 2 and all(isinstance(text, str) for text in turn)


def _wrong(path: Path, number: int, column: str, found: Any, expected: str) -> NoReturn:
    raise FormatError(f"{path}: record {number}: {column} is {_shown(found)}; expected {expected}")


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:60]}…"
