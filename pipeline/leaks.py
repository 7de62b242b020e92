"""The leakage certificate of any dataset, or of files that others made: ``prep validate --leakage``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from pipeline.fates import FATE
from pipeline.near.held import Records, read_records
from pipeline.near.leakage import certificate
from pipeline.near.memory import memory_of
from pipeline.options import ConvertOptions
from schemas.dataset import SPLITS, PreparedDataset
from schemas.errors import OptionError, SourceError

SIMILAR = 0.8
"""What the bands are made for; pairs below it are found less surely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaks:
    """What held-out files have in common with the training file."""

    train: str
    records: int
    """In it."""
    held: Mapping[str, Mapping[str, Any]]
    """Of each held-out file what the certificate counts; places name the file, its row and the record of the row."""

    @property
    def are_none(self) -> bool:
        """Whether nobody is tested on what was trained on: no equal prompt, no near duplicate."""
        return not any(each["identical_prompts"] or each["near_duplicates"] for each in self.held.values())


def leaks_of(paths: Sequence[Path]) -> Leaks:
    """Of a dataset folder, or of files: the first is trained on, the others are held out.

    The files may be anything that ``prep convert`` understands; texts are compared as it would clean them.
    """
    files = _files(paths)
    options = ConvertOptions(near_dedup=SIMILAR)
    with TemporaryDirectory() as folder:
        read = [read_records([str(file)], options, None, Path(folder) / str(n)) for n, file in enumerate(files)]
        for file, records in zip(files, read, strict=True):
            if not records.keys.height:
                raise SourceError(f"{file}: no records in it; expected some to look for leaks in")
        return _compared(files, read, options)


def _files(paths: Sequence[Path]) -> list[Path]:
    if len(paths) == 1 and paths[0].is_dir():
        dataset = PreparedDataset.open(paths[0])
        files = [dataset.file(split) for split in SPLITS if dataset.count(split)]
    else:
        files = list(paths)
    if len(files) < 2:
        raise OptionError(
            f"--leakage: {', '.join(map(str, paths))}: nothing is held out; expected a dataset folder with dev or "
            "test, or a training file and held-out files behind it"
        )
    return files


def _compared(files: Sequence[Path], read: Sequence[Records], options: ConvertOptions) -> Leaks:
    names = ["train", *map(str, files[1:])]
    keys = pl.concat(
        [
            records.keys.with_columns(pl.lit(name).alias(FATE), file=pl.lit(number, dtype=pl.UInt32))
            for number, (records, name) in enumerate(zip(read, names, strict=True))
        ],
        how="diagonal",
    )
    memory = memory_of(keys.clear(), keys, [part for records in read for part in records.parts], options)
    found = certificate(keys.drop("bands"), memory, names[1:])
    for each in found.values():
        for place in each.get("between", ()):
            place["file"] = str(files[place["file"]])
    return Leaks(train=str(files[0]), records=read[0].keys.height, held=found)
