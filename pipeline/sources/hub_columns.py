"""From the typed columns of a data set to the wanted columns in the wanted types."""

from functools import partial

import polars as pl
from polars.datatypes import DataTypeClass

from pipeline.readers.chunk import Chunk, Columns, raw_as_json
from schemas.places import OFFSET, ROW


def typed_chunk(frame: pl.DataFrame, columns: Columns | None) -> Chunk:
    """The rows of ``frame`` (place columns first) with the wanted columns; without ``columns`` all of them as text.

    A column has one type throughout: one that cannot become the wanted type rejects every row that has a value in it.
    """
    if columns is None:
        texts = [_as_text(name, dtype) for name, dtype in frame.schema.items() if name not in (ROW, OFFSET)]
        return Chunk(frame=frame.select(ROW, OFFSET, *texts), raw=partial(_raw, frame))
    misfits = [name for name, want in columns.items() if name in frame.columns and not _fits(frame.schema[name], want)]
    is_misfit = pl.any_horizontal(pl.lit(False), *(pl.col(name).is_not_null() for name in misfits))
    good, bad = frame.filter(~is_misfit), frame.filter(is_misfit)
    kept = [
        _shaped(pl.col(name), frame.schema[name], want).alias(name)
        if name in frame.columns and name not in misfits
        else pl.lit(None, dtype=want).alias(name)
        for name, want in columns.items()
    ]
    return Chunk(
        frame=good.select(ROW, OFFSET, *kept), rejected=_rejected(bad, misfits, columns), raw=partial(_raw, good)
    )


def _rejected(bad: pl.DataFrame, misfits: list[str], columns: Columns) -> pl.DataFrame:
    detail = ", ".join(f"{name} is {bad.schema[name]}, expected {columns[name]}" for name in misfits)
    return bad.select(ROW, OFFSET, raw_as_json(bad), reason=pl.lit("wrong_type"), detail=pl.lit(detail))


def _raw(source: pl.DataFrame, part: pl.DataFrame) -> pl.Series:
    return raw_as_json(part.select(ROW).join(source, on=ROW, how="left", maintain_order="left"))


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    if not dtype.is_nested():
        return pl.col(name).cast(pl.String, strict=False)
    wrapped = pl.struct(pl.col(name).alias("x")).struct.json_encode()
    bare = wrapped.str.strip_prefix('{"x":').str.strip_suffix("}")
    return pl.when(pl.col(name).is_not_null()).then(bare).alias(name)


def _fits(have: pl.DataType, want: pl.DataType) -> bool:
    if have == pl.Null:
        return True
    if isinstance(want, pl.List):
        return isinstance(have, pl.List) and _fits(_instance(have.inner), _instance(want.inner))
    if isinstance(want, pl.Struct):
        inner = _fields(have) if isinstance(have, pl.Struct) else None
        return inner is not None and all(_fits(inner.get(name, pl.Null()), t) for name, t in _fields(want).items())
    return not have.is_nested() and have != pl.Binary


def _shaped(value: pl.Expr, have: pl.DataType, want: pl.DataType) -> pl.Expr:
    """Built field by field: a cast between structs may pair their fields by position."""
    if isinstance(want, pl.List) and isinstance(have, pl.List):
        return value.list.eval(_shaped(pl.element(), _instance(have.inner), _instance(want.inner)))
    if isinstance(want, pl.Struct) and isinstance(have, pl.Struct):
        inner = _fields(have)
        fields = [
            _shaped(value.struct.field(name), inner[name], t).alias(name)
            if name in inner
            else pl.lit(None, dtype=t).alias(name)
            for name, t in _fields(want).items()
        ]
        return pl.when(value.is_not_null()).then(pl.struct(*fields))
    return value.cast(want)


def _fields(dtype: pl.Struct) -> dict[str, pl.DataType]:
    return {field.name: _instance(field.dtype) for field in dtype.fields}


def _instance(dtype: DataTypeClass | pl.DataType) -> pl.DataType:
    return dtype if isinstance(dtype, pl.DataType) else dtype()
