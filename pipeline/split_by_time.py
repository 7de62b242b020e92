"""Splits by time: the oldest records are for training, newer ones for dev, the newest for test.

A group, with the clusters of near duplicates that it belongs to, stands where its newest record does: what was known
later is never trained on. The cuts fall between two times, as near to the amounts as the times allow.
"""

import polars as pl

from pipeline.options import ConvertOptions, time_column
from schemas.errors import OptionError


def by_time(
    alive: pl.DataFrame, options: ConvertOptions, amounts: dict[str, int]
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Lines with their ``split``, and from which time on records are held out for each; records without a time are
    for training unless their group is newer."""
    if not alive["time"].count():
        raise OptionError(
            f"--split-by time:{time_column(options)}: no time in this column that can be read; "
            "expected such as 2021-03-01, 2021/3/1, 20210301, 2021年3月1日 or 2021"
        )
    newest = alive.with_columns(time=pl.col("time").max().over("draw"))
    left = newest.drop_nulls("time").group_by("time").len().sort("time", descending=True)
    cuts: dict[str, int] = {}
    split = pl.lit("train")
    for name in ("test", "dev"):
        if amounts[name]:
            cuts[name], left = _cut(left, amounts[name])
    for name in ("dev", "test"):
        if name in cuts:
            split = pl.when(pl.col("time") >= cuts[name]).then(pl.lit(name)).otherwise(split)
    chosen = newest.with_columns(split=split)
    if not (chosen["split"] == "train").any():
        raise OptionError(
            f"--split-by time:{time_column(options)}: nothing would be left to train on: "
            f"there are only {alive['time'].n_unique()} times; use smaller --dev and --test, or --dev 0"
        )
    return chosen, cuts


def _cut(left: pl.DataFrame, amount: int) -> tuple[int, pl.DataFrame]:
    """Take the newest times until as many records as can be nearest to the amount, and at least one time."""
    off = (left["len"].cast(pl.Int64).cum_sum() - amount).abs()
    taken = int(off.arg_min() or 0) + 1 if left.height else 0
    if not taken:
        raise OptionError("--split-by time: too few different times for --dev and --test; use --dev 0 or --test 0")
    return int(left["time"][taken - 1]), left.slice(taken)
