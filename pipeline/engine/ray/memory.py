"""Near duplicates among the records that share a hash: pairs are found here, their texts compared on the cluster."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from pipeline.arrays import Numbers, Shares
from pipeline.engine.ray.parts import Part, grouped_for, rows_of, within
from pipeline.engine.ray.shuffle import shuffled
from pipeline.engine.ray.stages import Stages
from pipeline.kept_part import read_part
from pipeline.near.jaccard import similarities
from pipeline.near.memory import Memory
from pipeline.near.sides import compared
from pipeline.options import Side

_PARTITION_CHARS = 64_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Where the texts lie that are compared."""

    parts: Sequence[Part]
    """Those of other datasets in front."""
    line: Numbers
    """Where each record stands in the parts."""
    side: Side
    workers: int
    stages: Stages


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMemory(Memory):
    """A memory whose texts lie in parts that other machines read."""

    far: Texts

    def similarities(self, left: Numbers, right: Numbers) -> Shares:
        """The parts give every partition of pairs the texts that it needs."""
        if not len(left):
            return np.empty(0, dtype=np.float64)
        sizes = np.cumsum(self.chars[left] + self.chars[right])
        step = min(_PARTITION_CHARS, max(1, int(sizes[-1]) // self.far.workers))
        cuts = np.flatnonzero(np.diff(sizes // step)) + 1
        pairs = list(zip(np.split(left, cuts), np.split(right, cuts), strict=True))
        wanted = [np.unique(np.concatenate(each)) for each in pairs]
        lines = [self.far.line[each] for each in wanted]
        groups = grouped_for(self.far.parts, self.far.workers)
        given = [(group, [within(each, group) for each in lines], self.far.side) for group in groups]
        placed = [tuple(np.searchsorted(each, side) for side in both) for each, both in zip(wanted, pairs, strict=True)]
        self.far.stages.count("compared pairs", len(left))
        self.far.stages.count("moved characters", sum(int(self.chars[each].sum()) for each in wanted))
        with self.far.stages.timed("compare"):
            return np.concatenate(shuffled(_texts, given, _compare, placed))


def cluster_memory(plain: Memory, far: Texts) -> ClusterMemory:
    """What is remembered here, with the texts elsewhere."""
    return ClusterMemory(**{field.name: getattr(plain, field.name) for field in fields(plain)}, far=far)


def _texts(parts: Sequence[Part], lines: Sequence[Numbers], side: Side) -> list[pl.Series]:
    return [_texts_of(parts, each, side) for each in lines]


def _texts_of(parts: Sequence[Part], lines: Numbers, side: Side) -> pl.Series:
    found = [compared(read_part(part.path)[pl.Series(rows)], side) for part, rows in rows_of(lines, parts)]
    return pl.concat([pl.Series("text", [], dtype=pl.String), *found])


def _compare(left: Numbers, right: Numbers, *pieces: pl.Series) -> Shares:
    texts = pl.concat(pieces)
    chars = texts.str.len_chars().cast(pl.Int64).to_numpy()
    return similarities(left, right, texts.gather, chars)
