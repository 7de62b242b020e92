"""The parts in the spool as the tasks of a cluster know them: where the lines of each begin, and groups of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.arrays import Numbers
from pipeline.kept_part import keys_of_part

_GROUP_BYTES = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part; lines count through all parts in source order."""

    path: Path
    file: int
    begin: int
    records: int
    size: int
    """Bytes of its file."""

    @property
    def end(self) -> int:
        return self.begin + self.records


def parts_in_order(parts: Sequence[tuple[Path, int, int]], begin: int = 0) -> list[Part]:
    """Paths with the number of their table and of their records, in source order."""
    ends = np.cumsum([begin, *(records for _, _, records in parts)]).tolist()
    return [
        Part(path=path, file=file, begin=start, records=records, size=path.stat().st_size)
        for start, (path, file, records) in zip(ends[:-1], parts, strict=True)
    ]


def grouped(parts: Sequence[Part], size: int) -> list[list[Part]]:
    """Neighbours together, until they are of about this many bytes."""
    groups: list[list[Part]] = []
    left = 0
    for part in parts:
        if left <= 0:
            groups.append([])
            left = size
        groups[-1].append(part)
        left -= part.size
    return groups


def grouped_for(parts: Sequence[Part], workers: int) -> list[list[Part]]:
    """Neighbours together, at least one group for every worker."""
    return grouped(parts, max(1, min(_GROUP_BYTES, sum(part.size for part in parts) // workers)))


def keys_of(part: Part) -> pl.DataFrame:
    """What is remembered of the records of a part."""
    return keys_of_part(part.path).with_columns(file=pl.lit(part.file, dtype=pl.UInt32))


def within(lines: Numbers, parts: Sequence[Part]) -> Numbers:
    """Of lines in order those that lie in neighbouring parts."""
    begin, end = np.searchsorted(lines, [parts[0].begin, parts[-1].end])
    return lines[begin:end]


def rows_of(lines: Numbers, parts: Sequence[Part]) -> Iterator[tuple[Part, Numbers]]:
    """Every part that lines in order lie in, with their rows in it."""
    for part in parts:
        mine = within(lines, [part])
        if len(mine):
            yield part, mine - part.begin
