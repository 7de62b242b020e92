"""The bands of all records, a band at a time: from memory, or from a file that holds one band behind the other."""

import weakref
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Protocol

import numpy as np
import polars as pl

from pipeline.arrays import Bands, Hashes, Numbers

_ROWS = 1 << 16
_BYTES = 8


class BandTable(Protocol):
    """What an array with a row for every record is, too."""

    @property
    def shape(self) -> tuple[int, int]: ...

    def __getitem__(self, at: tuple[Numbers, int]) -> Hashes:
        """One band of these lines."""
        ...


class HeldBands:
    """In memory, in as many pieces as they came in."""

    def __init__(self, bands: pl.Series) -> None:
        self._pieces = list(_pieces(bands))
        self.shape = (len(bands), bands.dtype.shape[0])  # type: ignore[attr-defined]

    def __getitem__(self, at: tuple[Numbers, int]) -> Hashes:
        lines, band = at
        empty = np.empty(0, dtype=np.uint64)
        whole: Hashes = np.concatenate([empty, *(piece[:, band] for piece in self._pieces)])
        return whole[lines]


class SpilledBands:
    """In a file without a name, which goes when nobody needs it any more."""

    def __init__(self, bands: pl.Series, folder: Path) -> None:
        self.shape = (len(bands), bands.dtype.shape[0])  # type: ignore[attr-defined]
        self._file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 (read for as long as this lives)
        weakref.finalize(self, self._file.close)
        begin = 0
        for piece in _pieces(bands):
            for first in range(0, len(piece), _ROWS):
                rows = piece[first : first + _ROWS]
                for band in range(self.shape[1]):
                    self._write(rows[:, band], band * self.shape[0] + begin)
                begin += len(rows)

    def __getitem__(self, at: tuple[Numbers, int]) -> Hashes:
        lines, band = at
        self._file.seek(band * self.shape[0] * _BYTES)
        whole: Hashes = np.fromfile(self._file, dtype=np.uint64, count=self.shape[0])
        return whole[lines]

    def _write(self, hashes: Hashes, at: int) -> None:
        left = memoryview(hashes.tobytes())
        self._file.seek(at * _BYTES)
        while left:
            left = left[self._file.write(left) :]


def _pieces(bands: pl.Series) -> Iterator[Bands]:
    for chunk in bands.get_chunks():
        yield chunk.to_numpy()
