"""Which datasets a command is about: folders, files, names of folders under the data folder, or all of those."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.stats.dataset import SPLITS
from schemas.errors import DatasetError
from schemas.parts import parts_of_split


def find_datasets(names: Sequence[str], data: Path) -> list[Path]:
    """A path as it is, else a folder of that name under ``data``; without names every dataset under ``data``."""
    known = _datasets_under(data)
    if not names:
        if not known:
            where = "no dataset in it" if data.is_dir() else "no such folder"
            raise DatasetError(f"{data}: {where}; make one with prep convert, or name a folder or a file")
        return known
    return [_find(name, data, known) for name in names]


def _find(name: str, data: Path, known: Sequence[Path]) -> Path:
    for path in (Path(name), data / name):
        if path.is_file() or _is_dataset(path):
            return path
    if Path(name).exists():
        return Path(name)  # a folder without records: said with what is in it, where it is opened
    choices = ", ".join(path.name for path in known) or "none"
    raise DatasetError(f"{name}: no such dataset; expected a folder, a file, or one of those under {data}: {choices}")


def _datasets_under(data: Path) -> list[Path]:
    return sorted(path for path in data.iterdir() if _is_dataset(path)) if data.is_dir() else []


def _is_dataset(path: Path) -> bool:
    return path.is_dir() and any((path / f"{split}.json").is_file() or parts_of_split(path, split) for split in SPLITS)
