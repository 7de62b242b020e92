"""What hangs together: union-find over pairs of lines, a whole array at a time."""

import numpy as np

from pipeline.arrays import Numbers


def components(count: int, left: Numbers, right: Numbers) -> Numbers:
    """For each of ``count`` lines the first line of all that it hangs together with, itself if with none.

    Hooking and pointer jumping as in Shiloach, Vishkin: An O(log n) parallel connectivity algorithm (1982).
    """
    first = np.arange(count, dtype=np.int64)
    while len(left):
        lower, upper = np.minimum(first[left], first[right]), np.maximum(first[left], first[right])
        differ = lower != upper
        if not differ.any():
            break
        left, right = left[differ], right[differ]
        np.minimum.at(first, upper[differ], lower[differ])
        while (first[first] != first).any():
            first = first[first]
    return first
