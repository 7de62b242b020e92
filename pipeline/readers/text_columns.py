"""Columns of text as a converter wants them: absent ones null, nested ones read from the JSON in their cells."""

import json
from collections.abc import Callable

import polars as pl

from pipeline.readers.chunk import REJECTED, Columns, no_rejects, raw_as_json
from schemas.places import OFFSET, ROW


def as_wanted(
    frame: pl.DataFrame, columns: Columns | None, raw: Callable[[pl.DataFrame], pl.Series]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The frame with the wanted columns added or read, and the rows in which one of them is of another type."""
    rejects = [no_rejects()]
    for name, dtype in (columns or {}).items():
        if name not in frame.columns:
            frame = frame.with_columns(pl.lit(None, dtype).alias(name))
        elif dtype.is_nested() and frame.schema[name] == pl.String:
            frame, rejected = _nested(frame, name, dtype, raw)
            rejects.append(rejected)
    return frame, pl.concat(rejects).sort(ROW)


def without_undecodable(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Columns of bytes as text, and the rows in which one of them is text in no known encoding."""
    names = [name for name, dtype in frame.schema.items() if dtype == pl.Binary]
    if not names:
        return frame, no_rejects()
    texts = {name: [None if value is None else decoded(value) for value in frame[name].to_list()] for name in names}
    is_bad = pl.Series([any(isinstance(value, bytes) for value in row) for row in zip(*texts.values(), strict=True)])
    decoded_frame = frame.with_columns(pl.Series(name, map(shown, texts[name]), dtype=pl.String) for name in names)
    return decoded_frame.filter(~is_bad), undecodable_rows(decoded_frame.filter(is_bad))


def undecodable_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Rejects for rows whose unreadable bytes are shown as U+FFFD."""
    detail = "a value is text in no known encoding"
    rejected = frame.select(
        ROW, OFFSET, raw_as_json(frame).alias("raw"), reason=pl.lit("undecodable"), detail=pl.lit(detail)
    )
    return rejected.select(pl.col(name).cast(dtype) for name, dtype in REJECTED.items())


def decoded(value: bytes) -> str | bytes:
    """Bytes as text; as they are where they are text in no known encoding."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return value.decode(encoding)
        except UnicodeDecodeError:
            continue
    return value


def shown(value: object) -> object:
    """A value that ``decoded`` gave, unreadable bytes as U+FFFD."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def fits(value: object, dtype: pl.DataType) -> bool:
    """Whether a value read from JSON is of this type; null is of every type, and unknown keys do no harm."""
    if value is None:
        return True
    if isinstance(dtype, pl.List):
        inner = _instance(dtype.inner)
        return isinstance(value, list) and all(fits(item, inner) for item in value)
    if isinstance(dtype, pl.Struct):
        fields = [(field.name, _instance(field.dtype)) for field in dtype.fields]
        return isinstance(value, dict) and all(fits(value.get(name), inner) for name, inner in fields)
    return isinstance(value, str) if dtype == pl.String else isinstance(value, int | float)


def _instance(dtype: object) -> pl.DataType:
    return dtype if isinstance(dtype, pl.DataType) else dtype()  # type: ignore[operator]  # a class


def _nested(
    frame: pl.DataFrame, name: str, dtype: pl.DataType, raw: Callable[[pl.DataFrame], pl.Series]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    values = [_from_json(text) for text in frame[name].to_list()]
    good = pl.Series([fits(value, dtype) for value in values], dtype=pl.Boolean)
    bad = frame.filter(~good)
    rejected = bad.select(ROW, OFFSET).with_columns(
        raw=raw(bad),
        reason=pl.lit("wrong_type"),
        detail=pl.lit(f"column {name}: text that is no JSON of the type {dtype}"),
    )
    kept = [_only(value, dtype) for value, is_good in zip(values, good, strict=True) if is_good]
    return frame.filter(good).with_columns(pl.Series(name, kept, dtype=dtype)), rejected.select(list(REJECTED))


def _from_json(text: str | None) -> object:
    if text is None or not text.lstrip().startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _only(value: object, dtype: pl.DataType) -> object:
    """The value with the keys of the type and no others."""
    if isinstance(dtype, pl.List) and isinstance(value, list):
        inner = _instance(dtype.inner)
        return [_only(item, inner) for item in value]
    if isinstance(dtype, pl.Struct) and isinstance(value, dict):
        return {field.name: _only(value.get(field.name), _instance(field.dtype)) for field in dtype.fields}
    return value
