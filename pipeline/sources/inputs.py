"""One stream of bytes with a name: what a source becomes before anybody knows its format."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A file, a member of an archive, standard input: decompressed, and as often as it is asked for."""

    name: str
    """Shown in messages, ledgers and manifests: ``crawl.zip/part-1.json``."""
    open: Callable[[], BinaryIO]
    """A new stream from the first byte, compression already undone. The caller closes it."""
    path: Path | None = None
    """The file itself, where the stream is just the bytes of a plain file; SQLite and Parquet need one."""
    size: int | None = None
    """Bytes of the stream where that is known without reading it."""

    def head(self, size: int = 1 << 16) -> bytes:
        """The first bytes, at most ``size`` of them."""
        with self.open() as stream:
            return stream.read(size)
