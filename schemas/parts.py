"""Splits that a cluster wrote as a folder of parts, ``train/part-00000.json``, and the one file that they make."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from schemas.errors import DatasetError


def part_name(number: int) -> str:
    """In the order of the parts."""
    return f"part-{number:05d}.json"


def parts_of_split(folder: Path, split: str) -> list[Path]:
    """The parts of a split, in their order; none where it is one file."""
    return sorted((folder / split).glob("part-*.json"))


def split_file(folder: Path, split: str) -> Path:
    """The JSON Lines of a split in a dataset folder; parts are joined, once, when they are first read.

    Raises DatasetError where that cannot be done.
    """
    whole = folder / f"{split}.json"
    if whole.is_file() or not (folder / split).is_dir():
        return whole
    unfinished = folder / f".{whole.name}.{os.getpid()}"
    try:
        join(parts_of_split(folder, split), unfinished)
        unfinished.replace(whole)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise DatasetError(
            f"{whole}: its parts cannot be joined: {error.strerror}; convert with --one-file, or in a folder with room"
        ) from None
    return whole


def join(parts: Iterable[Path], whole: Path) -> None:
    """Put files behind each other."""
    with whole.open("wb") as stream:
        for path in parts:
            with path.open("rb") as part:
                shutil.copyfileobj(part, stream, 1 << 22)
