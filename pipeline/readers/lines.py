"""A block of lines, and where each of them starts: in the block and in the source."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.arrays import Flags, Numbers
from pipeline.readers.chunk import OFFSET, PLACE, ROW
from pipeline.sources.encoding import LineBlock

_SHORT = 4


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines ``first`` to ``last`` (excluded) of a block, counted from 0 in the block."""

    block: LineBlock
    starts: Numbers
    """Where every line of the block starts in it, and the end of the last one."""
    offsets: Numbers | None
    """Where every line of the block starts in the source."""
    empty: Flags
    """Lines of the block that hold no element."""
    first: int
    last: int

    def part(self, first: int, last: int) -> "Lines":
        return Lines(self.block, self.starts, self.offsets, self.empty, first, last)

    @property
    def data(self) -> bytes:
        return self.block.data[self.starts[self.first] : self.starts[self.last]]

    def line(self, number: int) -> bytes:
        return self.block.data[self.starts[number] : self.starts[number + 1]]

    def place(self, number: int) -> tuple[int, int | None]:
        return self.block.first_line + number, None if self.offsets is None else int(self.offsets[number])

    @property
    def filled(self) -> Numbers:
        """Numbers of the lines that hold an element."""
        return np.flatnonzero(~self.empty[self.first : self.last]) + self.first

    @property
    def blank(self) -> int:
        """How many lines are blank; lines that only open or close an array are not."""
        numbers = np.flatnonzero(self.empty[self.first : self.last]) + self.first
        return sum(not self.line(number).strip() for number in numbers.tolist())

    @property
    def has_undecodable(self) -> bool:
        return any(self.first <= number - self.block.first_line < self.last for number in self.block.undecodable)

    def placed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A frame with a line for every filled line, behind the place columns."""
        numbers = self.filled
        offsets = [None] * len(numbers) if self.offsets is None else self.offsets[numbers]
        place = pl.DataFrame(
            {
                ROW: pl.Series(numbers + self.block.first_line, dtype=PLACE[ROW]),
                OFFSET: pl.Series(offsets, dtype=PLACE[OFFSET]),
            }
        )
        return pl.concat((place, frame), how="horizontal")


def find_lines(block: LineBlock, structure: frozenset[bytes]) -> Lines:
    """Find the lines of a block; those that are blank or one of ``structure`` hold no element."""
    starts = _starts(block)
    empty = np.zeros(len(starts) - 1, dtype=np.bool_)
    for number in np.flatnonzero(np.diff(starts) <= _SHORT).tolist():
        line = block.data[starts[number] : starts[number + 1]].strip()
        empty[number] = not line or line in structure
    for number in block.undecodable:
        empty[number - block.first_line] = False
    return Lines(block, starts, _offsets(block, starts), empty, 0, len(empty))


def _starts(block: LineBlock) -> Numbers:
    whole = block.data.endswith(b"\n") or not block.data
    ends = block.line_ends if whole else np.append(block.line_ends, len(block.data))
    return np.concatenate((np.zeros(1, dtype=np.int64), ends))


def _offsets(block: LineBlock, starts: Numbers) -> Numbers | None:
    if block.offset is None:
        return None
    if block.same_bytes:
        return starts[:-1] + block.offset
    if block.lengths is None:
        return None
    ends = np.cumsum(block.lengths)
    return np.concatenate((np.zeros(1, dtype=np.int64), ends))[: len(starts) - 1] + block.offset
