"""What never straddles two splits: groups, equal prompts and clusters of near duplicates, joined where they touch."""

import numpy as np
import polars as pl

from pipeline.arrays import Numbers
from pipeline.near.components import components
from pipeline.repeated import repeated


def with_split_groups(lines: pl.DataFrame, first: Numbers | None) -> pl.DataFrame:
    """Give lines that hang together one ``group_hash``, that of the first of them.

    ``first``: the first line of each line's cluster of near duplicates. Lines that are left out link as well: what
    stands in their group must not stand apart from what they are like.
    """
    if first is None and lines["group_hash"].equals(lines["prompt_hash"]):
        return lines
    joined = [_equals(lines, column) for column in ("group_hash", "prompt_hash")]
    if first is not None:
        equal = lines.filter(pl.col("kept").is_not_null()).select("line", "kept").cast(pl.Int64)
        linked = np.flatnonzero(first != np.arange(len(first)))
        joined += [np.stack((linked, first[linked])), equal.to_numpy().T]
    left, right = np.concatenate(joined, axis=1)
    root = components(lines.height, left, right)
    return lines.with_columns(group_hash=lines["group_hash"].gather(pl.Series(root)))


def _equals(lines: pl.DataFrame, column: str) -> Numbers:
    """Every line that has the same value as an earlier one, and the first with that value."""
    rows = pl.Series(repeated(lines[column]))
    first = lines[rows].select("line", first=pl.col("line").first().over(column)).cast(pl.Int64)
    return np.asarray(first.to_numpy().T, dtype=np.int64)
