"""Belle's seed tasks: an instruction with its instances, one record an instance."""

import polars as pl

from converters.converter import ROW, Column, Converter, Options
from converters.sides import joined


def _records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    instance = pl.col("instances").struct
    return rows.explode("instances", empty_as_null=True).select(
        ROW,
        prompt=joined(pl.col("instruction"), instance.field("input")),
        response=instance.field("output"),
        group="instruction",
    )


BELLE_SEED = Converter(
    domain="instruct",
    format="belle_seed",
    about="Belle: zh_seed_tasks, instruction and instances of input and output",
    columns={
        "instruction": Column(aliases=("instruction",)),
        "instances": Column(
            aliases=("instances",), dtype=pl.List(pl.Struct({"input": pl.String, "output": pl.String}))
        ),
    },
    records=_records,
)
