"""Texts of records by their line, read from the parts on disk where they are asked for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.arrays import Numbers
from pipeline.near.sides import compared
from pipeline.options import Side
from pipeline.spool import read_part


class SpooledTexts:
    """Lines count through all parts, in the order in which these are given."""

    def __init__(self, parts: Sequence[Path], side: Side) -> None:
        self._parts = parts
        self._side = side
        self._ends = np.cumsum([read_part(path).height for path in parts])

    def __call__(self, lines: Numbers) -> pl.Series:
        """The texts of these lines, which are in order."""
        found = [pl.Series("text", [], dtype=pl.String)]
        part_of_line = np.searchsorted(self._ends, lines, side="right")
        for number in np.unique(part_of_line):
            frame = read_part(self._parts[number])
            begin = self._ends[number] - frame.height
            rows = lines[part_of_line == number] - begin
            found.append(compared(frame[pl.Series(rows)], self._side))
        return pl.concat(found)
