"""Parts of the dataset on disk between the first pass (chunk by chunk) and the second (split by split)."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa

from pipeline.readers.chunk import OFFSET, ROW
from schemas.records import has_history


class Spool:
    """Arrow files in a folder of their own, one a part, numbered in source order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True)

    def write(self, number: int, records: pl.DataFrame) -> None:
        """Keep what the second pass needs of a part; several threads may write parts at once."""
        texts = [name for name in ("prompt", "response", "history", ROW, OFFSET, "record", "raw") if name in records]
        frame = records.select(texts)
        if not has_history(frame):
            frame = frame.drop("history")
        frame.write_ipc(self._folder / f"{number:08d}.arrow", compression="uncompressed")

    def parts(self) -> Iterator[pl.DataFrame]:
        """The parts in source order, each removed from the disk once it has been mapped into memory."""
        for path in sorted(self._folder.iterdir()):
            with pa.memory_map(str(path)) as mapped:
                frame = pl.DataFrame(pl.from_arrow(pa.ipc.open_file(mapped).read_all()))
            path.unlink()
            yield frame
        self._folder.rmdir()
