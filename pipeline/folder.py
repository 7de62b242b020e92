"""A folder that appears complete or not at all: everything is written beside it and renamed at the end."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.dataset import MANIFEST
from schemas.errors import DatasetError


@contextmanager
def unfinished(target: Path) -> Iterator[Path]:
    """A hidden folder beside ``target``, removed whatever happens unless ``publish`` renamed it.

    Raises DatasetError where nothing can be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise DatasetError(f"{target.parent}: cannot be written to: {error.strerror}; choose another --out") from None
    try:
        yield folder
    except OSError as error:
        raise DatasetError(f"{target}: not written: {error.strerror or error}; nothing was left behind") from error
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Also if a second Ctrl-C comes in the middle of it."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def publish(folder: Path, target: Path) -> None:
    """Give a finished folder its name; one that is in the way is replaced."""
    folder.chmod(0o777 & ~_umask())
    if not target.exists():
        folder.rename(target)
        return
    old = folder.with_name(folder.name + ".old")
    target.rename(old)
    try:
        folder.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def is_ours(folder: Path) -> bool:
    """Whether a folder may be replaced: a dataset, or empty."""
    return (folder / MANIFEST).is_file() or (folder.is_dir() and not any(folder.iterdir()))
