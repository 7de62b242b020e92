"""Files of a dataset: what was written is hashed and on its way to the disk before the last line is."""

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO

import polars as pl
import xxhash

_BLOCK = 1 << 18
"""It stays in the processor's cache while it is hashed."""


class Followed:
    """A file that another thread reads behind the one that writes it; what stands in it already counts, too."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("rb", buffering=0)
        self._digest = xxhash.xxh3_128()

    def follow(self) -> None:
        """Hash what has come since, and have the disk begin with it: ``sync`` then waits a tenth of the time."""
        begin = self._stream.tell()
        _hash(self._stream, self._digest)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._stream.fileno(), begin, 0, os.POSIX_FADV_DONTNEED)

    def close(self) -> None:
        self._stream.close()

    @property
    def hash(self) -> str:
        """XXH3 of 128 bits of all that was followed."""
        return self._digest.hexdigest()


class LineFiles:
    """JSON Lines that are added to; a block that ends without an error leaves their ``hashes``."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self.hashes: Mapping[str, str] = {}
        self._open = ExitStack()
        self._streams = {name: self._open.enter_context((folder / name).open("ab")) for name in names}
        self._followed = {name: Followed(folder / name) for name in self._streams}
        for followed in self._followed.values():
            self._open.callback(followed.close)
        self._pool = ThreadPoolExecutor(1)
        self._following: list[Future[None]] = [self._follow(name) for name in self._streams]

    def __enter__(self) -> "LineFiles":
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)
        self._open.close()
        if kind is None:
            for each in self._following:
                each.result()
            self.hashes = {name: followed.hash for name, followed in self._followed.items()}

    def add(self, name: str, records: pl.DataFrame) -> None:
        """Write records behind those of the file."""
        records.write_ndjson(self._streams[name])
        self._following.append(self._follow(name))

    def _follow(self, name: str) -> Future[None]:
        return self._pool.submit(self._followed[name].follow)


def hash_of(path: Path) -> str:
    """As that of ``Followed``, of a file that is there."""
    digest = xxhash.xxh3_128()
    with path.open("rb", buffering=0) as stream:
        _hash(stream, digest)
    return digest.hexdigest()


def _hash(stream: IO[bytes], digest: xxhash.xxh3_128) -> None:
    while block := stream.read(_BLOCK):
        digest.update(block)
