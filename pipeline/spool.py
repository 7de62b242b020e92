"""Parts of the dataset on disk between the first pass (chunk by chunk) and the second (split by split)."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa

from pipeline.readers.chunk import OFFSET, ROW
from schemas.records import has_history


class Spool:
    """Arrow files in a folder of their own, one a part, in source order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        folder.mkdir(parents=True)

    def add(self, records: pl.DataFrame) -> None:
        """Keep what the second pass needs of a part."""
        texts = [name for name in ("prompt", "response", "history", ROW, OFFSET, "record", "raw") if name in records]
        frame = records.select(texts)
        if not has_history(frame):
            frame = frame.drop("history")
        frame.write_ipc(self._path(self._count), compression="uncompressed")
        self._count += 1

    def parts(self) -> Iterator[pl.DataFrame]:
        """The parts in the order in which they were added, each removed from the disk once it has been read."""
        for number in range(self._count):
            path = self._path(number)
            with pa.memory_map(str(path)) as mapped:
                frame = pl.DataFrame(pl.from_arrow(pa.ipc.open_file(mapped).read_all()))
            path.unlink()
            yield frame
        self._folder.rmdir()

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.arrow"
