"""Which hashes occur more than once: looked for in one part of their range after the other, so that what this takes
stays small whatever the number of hashes."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.arrays import Hashes, Numbers

_AT_ONCE = 1 << 20
_ROW_BITS = 31


def repeated(hashes: pl.Series | Hashes) -> Numbers:
    """The rows, in order, whose hash another row has too; null is no hash."""
    if isinstance(hashes, pl.Series) and hashes.null_count():
        known = hashes.is_not_null().arg_true().to_numpy()
        return known[repeated(hashes.drop_nulls())]
    rows, _ = alike(hashes.to_numpy() if isinstance(hashes, pl.Series) else hashes)
    return np.sort(rows)


def alike(hashes: Hashes) -> tuple[Numbers, Numbers]:
    """The same rows, those of one hash behind each other and in order; and for each a number that stands for its hash.

    The numbers ascend from 0 and are not more than there are hashes.
    """
    found = [np.empty(0, dtype=np.int64)]
    begin = 0
    for rows in _parts(hashes):
        found.append(_alike(hashes, rows) + (begin << _ROW_BITS))
        begin += len(rows)
    packed = np.concatenate(found)
    return packed & ((1 << _ROW_BITS) - 1), packed >> _ROW_BITS


def _parts(hashes: Hashes) -> Iterator[Numbers]:
    """The rows of every part of the range of hashes."""
    bits = max(0, (len(hashes) - 1) // _AT_ONCE).bit_length()
    if not bits:
        yield np.arange(len(hashes))
        return
    part = (hashes >> np.uint64(64 - bits)).astype(np.uint16)
    for number in range(1 << bits):
        yield np.flatnonzero(part == number)


def _alike(hashes: Hashes, rows: Numbers) -> Numbers:
    """Rows behind the numbers of their hashes, in order."""
    rows = rows[np.argsort(hashes[rows])]
    ordered = hashes[rows]
    is_new = np.ones(len(rows) + 1, dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:-1])
    is_alone = is_new[:-1] & is_new[1:]
    number = np.cumsum(is_new[:-1]) - 1
    packed = (number << _ROW_BITS | rows)[~is_alone]
    packed.sort()
    return packed
