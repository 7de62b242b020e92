"""Rows as a test writes them or a real file holds them, through a converter of dialogues, without a reader between."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from converters.converter import ROW, Column, Converter, Options, held_as


def converted(converter: Converter, rows: Sequence[Mapping[str, Any]], options: Options | None = None) -> pl.DataFrame:
    """The records of ``rows``, whose columns get the converter's names and types as a reader gives them."""
    columns = {name: _values(column, rows) for name, column in converter.columns.items()}
    frame = pl.DataFrame({ROW: pl.Series(range(1, len(rows) + 1), dtype=pl.UInt64), **columns})
    return converter.records(frame.lazy(), options or Options()).collect()


def _found(column: Column, rows: Sequence[Mapping[str, Any]]) -> str | None:
    return next((name for name in (*column.aliases, *column.unverified) if any(name in row for row in rows)), None)


def _values(column: Column, rows: Sequence[Mapping[str, Any]]) -> pl.Series:
    name = _found(column, rows)
    values = [row.get(name) if name else None for row in rows]
    if column.dtype == pl.String:  # numbers become text where text is asked for
        values = [value if value is None else str(value) for value in values]
    return pl.Series(values, dtype=held_as(column.dtype))


def real_rows(path: Path, encoding: str = "utf-8") -> list[dict[str, Any]]:
    """Objects of an array (a trailing comma and arrays of arrays allowed) or of JSON Lines."""
    text = path.read_text(encoding)
    try:
        values = json.loads(re.sub(r",\s*\]\s*$", "]", text))
    except json.JSONDecodeError:
        values = [json.loads(line) for line in text.splitlines() if line.strip()]
    return [row for value in values for row in _objects(value)]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    elif value and isinstance(value[0], dict):
        yield from value
    else:
        yield {str(number): inner for number, inner in enumerate(value)}
