"""Texts of records by their line, read from the parts where they are asked for."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import polars as pl

from pipeline.arrays import Numbers
from pipeline.kept_part import KeptPart, read_part
from pipeline.near.sides import compared
from pipeline.options import Side


class Shelf(Protocol):
    """Where records lie that are not in a part of the spool."""

    @property
    def height(self) -> int: ...

    def rows(self, lines: Numbers) -> pl.DataFrame:
        """The records of these lines, which are in order."""
        ...


class SpooledTexts:
    """Lines count through all parts, in the order in which these are given."""

    def __init__(self, parts: Sequence[KeptPart | Shelf], side: Side) -> None:
        self._parts = parts
        self._side = side
        heights = [read_part(part).height if isinstance(part, KeptPart) else part.height for part in parts]
        self._ends = np.cumsum(heights)

    def __call__(self, lines: Numbers) -> pl.Series:
        """The texts of these lines, which are in order."""
        found = [pl.Series("text", [], dtype=pl.String)]
        part_of_line = np.searchsorted(self._ends, lines, side="right")
        for number in np.unique(part_of_line):
            part = self._parts[number]
            begin = self._ends[number - 1] if number else 0
            rows = lines[part_of_line == number] - begin
            frame = read_part(part)[pl.Series(rows)] if isinstance(part, KeptPart) else part.rows(rows)
            found.append(compared(frame, self._side))
        return pl.concat(found)
