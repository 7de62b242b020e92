"""Held-out items: the records of a split that have both sides, or a seeded sample of them, under their numbers."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from schemas.dataset import PreparedDataset, Split
from schemas.errors import DatasetError
from train.record_files import Columns, read_records


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Items:
    """Records that are asked, and where they stand."""

    dataset: str
    split: Split
    sha256: str
    """Of the split's file."""
    records: pl.DataFrame
    """Columns ``record`` (its line in the split, from 0), ``prompt``, ``response`` and perhaps ``history``."""

    def __len__(self) -> int:
        return self.records.height

    @property
    def numbers(self) -> list[int]:
        return [int(number) for number in self.records["record"]]

    @property
    def names(self) -> list[str]:
        """``test:17``: what ``prep explain`` takes."""
        return [f"{self.split}:{number + 1}" for number in self.numbers]

    @property
    def prompts(self) -> list[str]:
        return [str(text) for text in self.records["prompt"]]

    @property
    def references(self) -> list[str]:
        return [str(text) for text in self.records["response"]]


def held_out(dataset: PreparedDataset, split: Split, *, most: int | None, seed: int) -> Items:
    """Raises DatasetError where the split has no record with both sides."""
    records = records_of(dataset, split)
    full = records.filter(*(pl.col(side).fill_null("").str.strip_chars() != "" for side in ("prompt", "response")))
    if not full.height:
        raise DatasetError(
            f"{dataset.path}: no record with a prompt and an answer in {split}; convert it with a {split} split"
        )
    if most is not None and most < full.height:
        chosen = np.sort(np.random.default_rng(seed).choice(full.height, most, replace=False))
        full = full[chosen.tolist()]
    return Items(dataset=dataset.name, split=split, sha256=sha256(dataset.file(split)), records=full)


def records_of(dataset: PreparedDataset, split: Split) -> pl.DataFrame:
    """All records of a split, numbered."""
    if not dataset.count(split):
        return pl.DataFrame(schema={"record": pl.UInt32, "prompt": pl.String, "response": pl.String})
    return read_records(dataset.file(split), Columns.of_shape(dataset.shape)).with_row_index("record")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
