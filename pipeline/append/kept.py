"""The records of a dataset by their line, read from its files where they are asked for."""

import io
import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.append.state import LEFT_OUT, WITH_TEXTS
from pipeline.arrays import Numbers
from schemas.dataset import SPLITS
from schemas.records import HISTORY, PAIR_COLUMNS, Shape

_NEW_LINE = 10
_BLOCK = 16 << 20
_CHAT: dict[str, pl.DataType] = {"prompt": pl.String(), "response": pl.String(), "history": HISTORY}
_PAIR = {name: pl.String() for name in PAIR_COLUMNS.values()}
_INSIDE = {outside: inside for inside, outside in PAIR_COLUMNS.items()}


class KeptRecords:
    """Lines count all records of the dataset in source order; those with a text can be had."""

    def __init__(self, folder: Path, fates: pl.Series, shape: Shape) -> None:
        self.height = len(fates)
        places = {str(split): folder / f"{split}.json" for split in SPLITS}
        places |= dict.fromkeys(WITH_TEXTS, folder / LEFT_OUT)
        self._files = list(dict.fromkeys(places.values()))
        numbers = {fate: self._files.index(path) for fate, path in places.items()}
        self._file = fates.cast(pl.String).replace_strict(numbers, default=-1, return_dtype=pl.Int8).to_numpy()
        self._is_pair = [shape == "pair" and path.name != Path(LEFT_OUT).name for path in self._files]
        self._line = np.zeros(self.height, dtype=np.int64)
        self._ends: dict[int, Numbers] = {}
        for number in range(len(self._files)):
            mine = self._file == number
            self._line[mine] = np.arange(mine.sum())

    def rows(self, lines: Numbers) -> pl.DataFrame:
        """``prompt``, ``response`` and ``history`` of these lines, in their order."""
        file = self._file[lines]
        found = [pl.DataFrame(schema={**_CHAT, "at": pl.Int64})]
        for number in np.unique(file):
            at = np.flatnonzero(file == number)
            found.append(self._read(int(number), self._line[lines[at]]).with_columns(at=pl.Series(at)))
        return pl.concat(found).sort("at").drop("at")

    def _read(self, number: int, lines: Numbers) -> pl.DataFrame:
        ends = self._ends_of(number)
        with self._files[number].open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            texts = b"".join(mapped[ends[line] : ends[line + 1]] for line in lines.tolist())
        if self._is_pair[number]:
            frame = pl.read_ndjson(io.BytesIO(texts), schema=_PAIR).rename(_INSIDE)
            return frame.with_columns(history=pl.lit([], dtype=HISTORY))
        return pl.read_ndjson(io.BytesIO(texts), schema=_CHAT)

    def _ends_of(self, number: int) -> Numbers:
        if number not in self._ends:
            self._ends[number] = ends_of_lines(self._files[number])
        return self._ends[number]


def ends_of_lines(path: Path) -> Numbers:
    """Where each line of a file ends, behind a 0."""
    return np.concatenate([np.zeros(1, dtype=np.int64), *_ends(path)])


def _ends(path: Path) -> Iterator[Numbers]:
    begin = 0
    with path.open("rb", buffering=0) as stream:
        while block := stream.read(_BLOCK):
            yield np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == _NEW_LINE) + begin + 1
            begin += len(block)
