"""Many JSON objects at once, strictly: all of a block has exactly the wanted types, or nobody gets it."""

from typing import IO, cast

import polars as pl
import pyarrow as pa
import pyarrow.json as pj

from pipeline.readers.chunk import Columns, Row


def arrow_schema(columns: Columns, sample: list[Row]) -> pa.Schema:
    """Arrow types of the wanted columns; text whose sampled values are all whole numbers is read as such."""
    return pa.schema([(name, _arrow_type(name, dtype, sample)) for name, dtype in columns.items()])


def _arrow_type(name: str, dtype: pl.DataType, sample: list[Row]) -> pa.DataType:
    if dtype != pl.String:
        return _nested_type(dtype)
    values = [row[name] for row in sample if row.get(name) is not None]
    return pa.int64() if values and all(type(value) is int for value in values) else pa.string()


def _nested_type(dtype: object) -> pa.DataType:
    """Arrow's JSON parser knows neither large lists nor large strings, which polars would ask for."""
    if isinstance(dtype, pl.List):
        return pa.list_(_nested_type(dtype.inner))
    if isinstance(dtype, pl.Struct):
        return pa.struct([(inner.name, _nested_type(inner.dtype)) for inner in dtype.fields])
    return pa.string()


def parse_objects(data: bytes, schema: pa.Schema, columns: Columns) -> pl.DataFrame | None:
    """One line an object; None where any line is damaged, has a value of another type or a key twice.

    Arrow's parser is strict where polars' is not: a list never becomes text, half a surrogate pair is an error.
    """
    options = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    reading = pj.ReadOptions(use_threads=True, block_size=max(len(data) // 4, 1 << 20))
    try:
        table = pj.read_json(cast(IO[bytes], pa.BufferReader(data)), read_options=reading, parse_options=options)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    if len(schema) == 0:
        return None
    return pl.DataFrame(pl.from_arrow(table)).cast(pl.Schema(columns))
