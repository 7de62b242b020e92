"""What is remembered of records past a limit of memory: it lies in files without a name beside the parts, and is
mapped from there."""

import mmap
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import polars as pl
import pyarrow as pa

from pipeline.near.banding import BANDS

MEMORY = 128 << 20
"""Bytes of hashes and signatures that are held at a time, unless ``--memory`` says otherwise."""


@dataclass(slots=True)
class Spill:
    """A list of frames of which only so many bytes are held in memory."""

    folder: Path
    limit: int
    _held: int = 0
    _on_disk: int = 0

    def add(self, frames: list[pl.DataFrame], frame: pl.DataFrame) -> None:
        """Append a frame; those in memory go to disk once they are too many. Raises OSError where it is full."""
        frames.append(frame)
        self._held += int(frame.estimated_size())
        if self._held > self.limit:
            frames[self._on_disk :] = [_mapped(pl.concat(frames[self._on_disk :], how="diagonal"), self.folder)]
            self._on_disk, self._held = len(frames), 0


def _mapped(frame: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Signatures in a file of their own: its pages are let go as soon as nobody needs them any more."""
    if BANDS not in frame.columns or frame.width == 1:
        return _from_disk(frame, folder)
    return _mapped(frame.drop(BANDS), folder).hstack(_from_disk(frame.select(BANDS), folder))


def _from_disk(frame: pl.DataFrame, folder: Path) -> pl.DataFrame:
    with TemporaryFile(dir=folder) as file:
        frame.write_ipc(file, compression="uncompressed")
        file.flush()
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return pl.DataFrame(pl.from_arrow(pa.ipc.open_file(pa.py_buffer(mapped)).read_all()))
