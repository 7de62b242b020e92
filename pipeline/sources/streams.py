"""Streams made of pieces of bytes, and temporary files for what can be read only once."""

import io
import os
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from schemas.errors import SourceError

PIECE_BYTES = 1 << 16


class PieceStream(io.BufferedIOBase):
    """A readable stream over pieces; a SourceError of theirs is raised once all that came before it has been read."""

    def __init__(self, pieces: Iterator[bytes], close: Callable[[], None]) -> None:
        self._pieces = pieces
        self._close = close
        self._piece = b""
        self._start = 0
        self._error: SourceError | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        missing = sys.maxsize if size is None or size < 0 else size
        parts: list[bytes] = []
        whole = missing == sys.maxsize
        while missing > 0 and self._fill():
            part = self._piece[self._start : self._start + missing]
            self._start += len(part)
            missing -= len(part)
            parts.append(part)
        if self._error is not None and (whole or not parts) and missing:
            raise self._error
        return b"".join(parts)

    def read1(self, size: int = -1, /) -> bytes:
        return self.read(len(self.peek()) if size < 0 else min(size, len(self.peek()) or size))

    def peek(self, _size: int = 0, /) -> bytes:
        """What lies ready; lets ``readline`` take more than a byte at a time."""
        self._fill()
        return self._piece[self._start :]

    def close(self) -> None:
        if not self.closed:
            self._close()
        super().close()

    def _fill(self) -> bool:
        """Whether there is a byte to be read."""
        while self._start >= len(self._piece):
            if self._error is not None:
                return False
            try:
                self._piece, self._start = next(self._pieces), 0
            except StopIteration:
                return False
            except SourceError as error:
                self._error = error
                return False
        return True


def piece_stream(pieces: Iterator[bytes], close: Callable[[], None]) -> BinaryIO:
    return cast(BinaryIO, PieceStream(pieces, close))


class Spooled:
    """A temporary file that goes when nobody needs it any more; called, it opens the file from the start."""

    def __init__(self, path: Path) -> None:
        self.path = path
        weakref.finalize(self, _remove, path, os.getpid())

    def __call__(self) -> BinaryIO:
        return self.path.open("rb")


def _remove(path: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked child must not take the file from its parent
        path.unlink(missing_ok=True)


def spool(stream: BinaryIO, name: str) -> tuple[Spooled, SourceError | None]:
    """Copy a stream to a temporary file, with the error that ended it early: what came before it stays readable."""
    handle, temporary = tempfile.mkstemp(prefix="prep-")
    spooled = Spooled(Path(temporary))
    try:
        with os.fdopen(handle, "wb") as file:
            while piece := stream.read(1 << 20):
                file.write(piece)
    except SourceError as error:
        return spooled, error
    except OSError as error:
        with suppress(OSError):
            spooled.path.unlink()
        raise SourceError(
            f"{name}: cannot be unpacked into {spooled.path.parent}: {error.strerror}; set TMPDIR to a folder with room"
        ) from None
    return spooled, None
