"""A training that ends before its time, by Ctrl-C, a full disk or a lost process, says in one line what is kept."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError
from torch.distributed import DistError

from schemas.errors import TrainingError
from train.run_folder import last_checkpoint

_ROOM = 1 << 20
"""A disk with fewer bytes left is full."""


class Interrupted(TrainingError):
    """Ctrl-C, or a request to end."""

    exit_code = 130


class FullDisk(TrainingError):
    exit_code = 1


class LostProcess(TrainingError):
    exit_code = 1


@contextmanager
def early_end(folder: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"{folder}: interrupted; {_kept(folder)}") from None
    except (OSError, SafetensorError, RuntimeError) as error:
        if _is_of_lost_process(error):
            raise LostProcess(f"{folder}: another process has gone, the launcher says why; {_kept(folder)}") from None
        if not _is_of_full_disk(error, folder):
            raise
        raise FullDisk(f"{folder}: no space left on its disk; make room; {_kept(folder)}") from None


def _kept(folder: Path) -> str:
    last = last_checkpoint(folder)
    return f"{last.name} is kept: go on from it with --resume" if last else "there was no checkpoint yet"


def _is_of_full_disk(error: Exception, folder: Path) -> bool:
    """Writers in other languages say it in words of their own, so the disk is asked too."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return not isinstance(error, OSError) and (
        f"os error {errno.ENOSPC}" in str(error) or (folder.exists() and shutil.disk_usage(folder).free < _ROOM)
    )


def _is_of_lost_process(error: Exception) -> bool:
    """Gloo has no class of errors of its own."""
    return isinstance(error, DistError) or (isinstance(error, RuntimeError) and "by peer" in str(error))
