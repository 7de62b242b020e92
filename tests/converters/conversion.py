"""Rows as a test writes them, through a converter, without a reader in between."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from converters.converter import ANY_JSON, ROW, Converter, Options, held_as
from converters.detect import find_columns, matches
from converters.registry import CONVERTERS

Rows = Sequence[Mapping[str, Any]]


def detected(rows: Rows) -> str | None:
    """The name of the converter that is chosen among all for a source of these rows."""
    found = matches(_columns(rows), rows[:200], CONVERTERS.values())
    return found[0].converter.name if found else None


def convert(converter: Converter, rows: Rows, options: Options | None = None) -> list[dict[str, Any]]:
    """The records of ``rows``: columns under the converter's names, text as text, null where absent."""
    mapping = find_columns(_columns(rows), converter.columns)
    frame = pl.DataFrame({ROW: pl.Series(range(1, len(rows) + 1), dtype=pl.UInt64)})
    for name, column in converter.columns.items():
        source = mapping.get(name)
        values = [_fitted(row.get(source), column.dtype) if source else None for row in rows]
        frame = frame.with_columns(pl.Series(name, values, dtype=held_as(column.dtype)))
    return converter.records(frame.lazy(), options or Options()).collect().to_dicts()


def json_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tab_separated(path: Path) -> list[dict[str, str]]:
    """Rows of a file without header or quotes, columns 0, 1, 2 …"""
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    return [{str(number): field for number, field in enumerate(line.split("\t"))} for line in lines]


def _columns(rows: Rows) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for row in rows for name in row))


def _fitted(value: Any, dtype: pl.DataType) -> Any:
    """Numbers become text where text is asked for, as readers do it."""
    if dtype == ANY_JSON and value is not None:
        return json.dumps(value, ensure_ascii=False)
    return str(value) if dtype == pl.String and value is not None else value
