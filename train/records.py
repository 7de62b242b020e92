"""The records that a training reads: a dataset folder, or the files that the official scripts take."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from schemas.dataset import SPLITS, PreparedDataset, Split
from schemas.errors import DatasetError, OptionError
from train.record_files import Columns, read_records

OFFICIAL_FILES: Mapping[Split, str] = {"train": "train_file", "dev": "validation_file", "test": "test_file"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Of each split a frame with the columns ``prompt``, ``response`` and, where there are dialogues, ``history``."""

    name: str
    """Part of the name of the run's folder."""
    splits: Mapping[Split, pl.DataFrame]
    hashes: Mapping[str, str]
    """SHA-256 of every file that was read, by its split."""

    def split(self, name: Split) -> pl.DataFrame | None:
        """The records of a split; None where there are none."""
        frame = self.splits.get(name)
        return frame if frame is not None and frame.height else None


def records_of_dataset(folder: Path, limits: Mapping[Split, int | None]) -> Records:
    """Open a dataset folder, at most so many records of each split."""
    dataset = PreparedDataset.open(folder)
    columns = Columns.of_shape(dataset.shape)
    files = {split: dataset.file(split) for split in SPLITS if dataset.count(split)}
    missing = [str(path) for path in files.values() if not path.is_file()]
    if missing:
        raise DatasetError(f"{', '.join(missing)}: not there, but manifest.json counts its records; convert again")
    return _read(dataset.name, files, columns, limits)


def records_of_files(
    files: Mapping[Split, str | None], columns: Columns | None, limits: Mapping[Split, int | None]
) -> Records:
    """Read the official files, at most so many records of each; without ``columns`` those of our datasets are found."""
    paths = {split: Path(name) for split, name in files.items() if name}
    if not paths:
        raise OptionError("no data; name a dataset (prep train data/legal, --domain legal), or a --train_file")
    name = next(iter(paths.values()))
    own_name = name.parent.name if name.stem in {"train", "dev", "test"} and name.parent.name else name.stem
    return _read(own_name, paths, columns, limits)


def _read(
    name: str, files: Mapping[Split, Path], columns: Columns | None, limits: Mapping[Split, int | None]
) -> Records:
    splits = {split: read_records(path, columns) for split, path in files.items()}
    return Records(
        name=name,
        splits={split: _first(frame, limits.get(split)) for split, frame in splits.items()},
        hashes={split: _sha256(path) for split, path in files.items()},
    )


def _first(records: pl.DataFrame, limit: int | None) -> pl.DataFrame:
    return records if limit is None else records.head(limit)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
