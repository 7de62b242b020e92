"""Lines that agree in a band lie in one bucket; only lines of one bucket are ever compared."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.arrays import Flags, Numbers, Pairs, distinct
from pipeline.engine.local import in_order
from pipeline.near.columns import BandTable
from pipeline.repeated import alike

_LINE_BITS = 31
_CLOSE = 200
"""In a larger bucket only pairs with one of the first so many lines are looked at where all pairs are asked for."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """Buckets of two lines and more, behind each other; the lines of each are in their order."""

    bucket: Numbers
    line: Numbers

    def of(self, is_wanted: Flags) -> "Buckets":
        """What is left where only some lines are; a bucket with one line is none."""
        kept = is_wanted[self.line]
        bucket, line = self.bucket[kept], self.line[kept]
        same = bucket[1:] == bucket[:-1]
        shared = np.concatenate((same, [False])) | np.concatenate(([False], same)) if len(line) else kept[:0]
        return Buckets(bucket[shared], line[shared])

    def mixed(self, label: Numbers) -> "Buckets":
        """Those in which not all lines have one label."""
        if not len(self.line):
            return self
        _, head = self.heads()
        is_mixed = np.zeros(len(head), dtype=np.bool_)
        is_mixed[head[label[self.line] != label[self.line[head]]]] = True
        return Buckets(self.bucket[is_mixed[head]], self.line[is_mixed[head]])

    def heads(self) -> tuple[Flags, Numbers]:
        """Which entries are the first of their bucket, and for every entry where that first one stands."""
        is_head = np.concatenate(([True], self.bucket[1:] != self.bucket[:-1]))
        return is_head, np.flatnonzero(is_head)[np.cumsum(is_head) - 1]

    def pairs(self) -> tuple[Numbers, Numbers]:
        """All pairs of lines of one bucket, each once, the earlier line first."""
        found = [np.empty((2, 0), dtype=np.int64), *self._pairs()]
        left, right = np.concatenate(found, axis=1)
        return once(left, right)

    def _pairs(self) -> Iterator[Pairs]:
        """Of every entry with that which stands one, two … places before it in its bucket."""
        if not len(self.line):
            return
        _, head = self.heads()
        place = np.arange(len(self.line)) - head
        for step in range(min(int(place.max()), _CLOSE)):
            later = np.flatnonzero(place > step)
            yield np.stack((self.line[head[later] + step], self.line[later]))


def once(left: Numbers, right: Numbers) -> tuple[Numbers, Numbers]:
    """Every pair of lines once, in order."""
    pairs = (left << _LINE_BITS) | right
    pairs = distinct(pairs)
    return pairs >> _LINE_BITS, pairs & ((1 << _LINE_BITS) - 1)


def buckets_of(bands: BandTable, is_wanted: Flags) -> Buckets:
    """The buckets of all bands among the lines that are wanted; ``bands`` has a row for every line."""
    lines = np.flatnonzero(is_wanted)
    buckets, members = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for rows, numbers in in_order(alike, (bands[lines, band] for band in range(bands.shape[1]))):
        buckets.append(numbers + len(buckets) * len(lines))
        members.append(lines[rows])
    return Buckets(np.concatenate(buckets), np.concatenate(members))
