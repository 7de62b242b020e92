"""The dataset folder, the one place where pipeline and training meet: which files lie in it and what they hold."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from schemas.errors import DatasetError
from schemas.near import meant
from schemas.parts import split_file

if TYPE_CHECKING:  # loads polars, which ``import prep`` and ``prep --help`` do without
    from schemas.records import Domain, Shape

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test")

MANIFEST = "manifest.json"
"""Written last: where it stands, the folder is complete."""
REJECTED = "rejected.jsonl"
DUPLICATES = "duplicates.jsonl"
ORIGINS = "origins.parquet"
"""Where each record came from: ``split``, ``file`` (index into the manifest's sources), ``row``, ``offset``, ``record``
(which of its row), in the order of the lines of each split."""
CARD = "README.md"
STATE = ".state"
"""A folder with what ``prep convert --append`` must know of the records: hashes, and the text of what was left out."""
FORMAT = 1
"""Grows when the meaning of a file in the folder changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedDataset:
    """A finished dataset folder."""

    path: Path
    name: str
    domain: "Domain"
    shape: "Shape"
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, path: str | Path) -> "PreparedDataset":
        """Open a dataset by its folder; raises DatasetError if it is missing, incomplete or of a newer format."""
        folder = Path(path)
        manifest = read_manifest(folder)
        return cls(
            path=folder,
            name=manifest["name"],
            domain=manifest["domain"],
            shape=manifest["shape"],
            manifest=manifest,
        )

    def file(self, split: Split) -> Path:
        """The JSON Lines of a split; an empty file where the split holds no record. Parts are joined first."""
        return split_file(self.path, split)

    def count(self, split: Split) -> int:
        return int(self.manifest["records"][split])


def folder_of(dataset: str | Path, data: Path) -> Path:
    """A path as it is, else a name in ``data``."""
    inside = data / dataset
    return inside if inside.exists() and not Path(dataset).exists() else Path(dataset)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a dataset folder; raises DatasetError with what is wrong with it."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        what = "no manifest.json in it" if folder.is_dir() else "no such dataset"
        hint = meant(folder, MANIFEST, Path("data")) or "make the dataset with prep convert"
        raise DatasetError(f"{folder}: {what}; {hint}") from None
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise DatasetError(f"{path}: cannot be read: {error}; make the dataset anew with prep convert") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else manifest
        raise DatasetError(f"{path}: format {found!r}, expected {FORMAT}; make the dataset anew with prep convert")
    return manifest
