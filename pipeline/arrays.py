"""Types of numpy arrays; ``numpy.typing`` would take half as long to load as numpy itself."""

from typing import TypeVar

import numpy as np

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]
Shares = np.ndarray[tuple[int], np.dtype[np.float64]]
Pairs = np.ndarray[tuple[int, int], np.dtype[np.int64]]
Bands = np.ndarray[tuple[int, int], np.dtype[np.uint64]]
"""A row for every text."""
Integers = TypeVar("Integers", Numbers, Hashes)


def distinct(values: Integers) -> Integers:
    """Each value once, in order; numpy's ``unique`` takes a hundred times as long for this many."""
    values.sort()
    is_new = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=is_new[1:])
    return values[is_new]
