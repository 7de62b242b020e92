"""Which hashes occur more than once: looked for in one part of their range after the other, so that the tables that
this takes stay small whatever the number of hashes."""

import numpy as np
import polars as pl

from pipeline.arrays import Flags, Hashes, Numbers

_AT_ONCE = 1 << 20
"""A table of so many hashes takes about 100 MB."""


def repeated(hashes: pl.Series | Hashes) -> Numbers:
    """The rows, in order, whose hash another row has too; null is no hash."""
    if isinstance(hashes, pl.Series) and hashes.null_count():
        known = hashes.is_not_null().arg_true().to_numpy()
        return known[repeated(hashes.drop_nulls())]
    values = hashes.to_numpy() if isinstance(hashes, pl.Series) else hashes
    bits = max(0, (len(values) - 1) // _AT_ONCE).bit_length()
    if not bits:
        return np.flatnonzero(_is_repeated(values))
    found = np.zeros(len(values), dtype=np.bool_)
    part = (values >> np.uint64(64 - bits)).astype(np.uint16)
    for number in range(1 << bits):
        rows = np.flatnonzero(part == number)
        found[rows] = _is_repeated(values[rows])
    return np.flatnonzero(found)


def _is_repeated(values: Hashes) -> Flags:
    return np.asarray(pl.Series(values, dtype=pl.UInt64).is_duplicated().to_numpy(), dtype=np.bool_)
