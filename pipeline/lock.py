"""Who writes a dataset: one run at a time, held by a lock of the kernel, so that a dead process holds nothing."""

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from schemas.errors import DatasetError

_NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


def lock_of(target: Path) -> Path:
    """The file that says who is writing a dataset."""
    return target.with_name(f".{target.name}.lock")


@contextmanager
def held(target: Path) -> Iterator[None]:
    """Keep others from writing ``target``; raises DatasetError with who does it already."""
    path = lock_of(target)
    stream = _taken(path, target)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        stream.close()


def _taken(path: Path, target: Path) -> TextIO:
    while True:
        stream = path.open("a+", encoding="utf-8")
        try:
            _lock(stream, path, target)
            if _is_at(path, stream):
                _sign(stream)
                return stream
        except BaseException:
            stream.close()
            raise
        stream.close()


def _lock(stream: TextIO, path: Path, target: Path) -> None:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = _holder(stream)
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise DatasetError(_refusal(target, holder)) from None
        if error.errno not in _NO_LOCKS_HERE:
            raise
        if holder and not _is_dead(holder):  # some shared folders know no locks: all that is known is the note
            raise DatasetError(f"{_refusal(target, holder)}; if it is dead, delete {path}") from None


def _is_at(path: Path, stream: TextIO) -> bool:
    """Whether the locked file is still the one of that name: its last holder may just have removed it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False


def _sign(stream: TextIO) -> None:
    stream.truncate(0)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    json.dump({"pid": os.getpid(), "host": socket.gethostname(), "since": since}, stream)
    stream.flush()


def _holder(stream: TextIO) -> dict[str, Any]:
    """What the lock file says; nothing if its holder has not signed yet."""
    stream.seek(0)
    try:
        found = json.load(stream)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and {"pid", "host", "since"} <= found.keys() else {}


def _is_dead(holder: dict[str, Any]) -> bool:
    if holder["host"] != socket.gethostname():
        return False
    try:
        os.kill(int(holder["pid"]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _refusal(target: Path, holder: dict[str, Any]) -> str:
    who = "process {pid} on {host} since {since}".format(**holder) if holder else "a run that has just begun"
    return f"{target}: being written by {who}; wait for it, or write beside it with --name"
