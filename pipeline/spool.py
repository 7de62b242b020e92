"""Parts of the dataset between the first pass (chunk by chunk) and the second (split by split): the first of them in
memory as far as they may be, all of them on disk once they are too many.

The third chunk of the first table is ``00000.000002.arrow`` (texts and keys), ``.jsonl`` (its lines of the ledger)
and, once both are safe on the disk, ``.done``: their hashes, and what else has to be remembered. A table that was read
to its end has a ``.table``. Only what has its marker, and the hash that stands in it, counts as done.
"""

import json
import mmap
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

import polars as pl
import xxhash

from pipeline.durable import sync
from pipeline.funnel import Funnel
from pipeline.kept_part import KeptPart, part_of, read_part
from schemas.errors import PrepError


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What is remembered of a part once its records lie on disk."""

    keys: pl.DataFrame
    funnel: Funnel
    position: int
    """Where its last record starts in the source."""
    read: str
    """What it was made of, as a hash."""
    is_resumed: bool = False
    """Whether an earlier run made it."""


def finished_parts(folder: Path) -> int:
    """How many parts lie there that need not be made again."""
    return sum(1 for _ in folder.glob("*.done"))


class Spool:
    """The parts in a folder. Several threads may write them; another sees them to the disk and marks them."""

    def __init__(self, folder: Path, *, is_shared: bool = False, held_bytes: int = 0) -> None:
        """What has no marker is removed, unless others write into the folder at this moment.

        The first ``held_bytes`` of records stay in memory, unless more come.
        """
        self._folder = folder
        folder.mkdir(exist_ok=True)
        for path in () if is_shared else folder.iterdir():
            if path.suffix in (".arrow", ".jsonl") and not path.with_suffix(".done").exists():
                path.unlink()
        self._pool = ThreadPoolExecutor(1)
        self._failure: OSError | None = None
        self._held: dict[Path, tuple[pl.DataFrame, Mapping[str, Any]]] = {}
        self._may_hold = held_bytes
        self._taking = Lock()

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        """After a failure what was made is still written and marked, unless nobody would go on with it; after success
        nobody needs it."""
        try:
            if kind is not None and not issubclass(kind, (PrepError, KeyboardInterrupt)):
                self._write_held()
        except OSError:
            pass  # the disk is full: what came before is marked
        finally:
            self._pool.shutdown(wait=True, cancel_futures=kind is None)

    def write(self, file: int, number: int, records: pl.DataFrame, ledger: pl.DataFrame, done: Done) -> None:
        """Keep what the second pass needs of a part, and what a resumed run does."""
        if self._failure is not None:
            raise self._failure
        path = self._path(file, number, "arrow")
        if ledger.height:
            ledger.write_ndjson(path.with_suffix(".jsonl"))
        part = part_of(records, done.keys) if records.height else pl.DataFrame()
        kept = {
            "keys": done.keys.columns,
            "funnel": {name: getattr(done.funnel, name) for name in Funnel.__slots__},
            "position": done.position,
            "read": done.read,
        }
        with self._taking:
            self._held[path] = part, kept
            self._may_hold -= int(part.estimated_size())
        if self._may_hold <= 0:
            self._write_held()

    def wait(self) -> None:
        """Until all that was written is on the disk and has its marker; raises OSError where it could not be."""
        self._pool.submit(lambda: None).result()
        if self._failure is not None:
            raise self._failure

    def finish_table(self, file: int, parts: int) -> None:
        """Note that a table was read to its end."""
        self._pool.submit(self._mark, self._folder / f"{file:05d}.table", [], {"parts": parts})

    def finished(self, file: int, number: int) -> Done | None:
        """The part that an earlier run finished, if it still is what it was."""
        kept = _marker(self._path(file, number, "done"))
        if kept is None or any(_hash(self._folder / name) != known for name, known in kept["files"].items()):
            return None
        path = self._path(file, number, "arrow")
        keys = pl.DataFrame()
        if path.name in kept["files"]:
            keys = pl.read_ipc(path, columns=kept["keys"]).select(kept["keys"])
        counts: dict[str, Any] = {
            name: Counter(value) if isinstance(value, dict) else value for name, value in kept["funnel"].items()
        }
        return Done(keys=keys, funnel=Funnel(**counts), position=kept["position"], read=kept["read"], is_resumed=True)

    def finished_table(self, file: int) -> list[Done] | None:
        """All parts of a table that an earlier run read to its end."""
        marker = _marker(self._folder / f"{file:05d}.table")
        if marker is None:
            return None
        parts = [self.finished(file, number) for number in range(marker["parts"])]
        whole = [part for part in parts if part is not None]
        return whole if len(whole) == len(parts) else None

    @property
    def folder(self) -> Path:
        return self._folder

    def paths(self) -> list[Path]:
        """The parts on disk that hold records, in source order; they stay until the dataset has its name."""
        return sorted(self._folder.glob("*.arrow"))

    def kept(self) -> list[KeptPart]:
        """All parts that hold records, in source order."""
        held = {path: part for path, (part, _) in self._held.items() if part.height}
        return [held.get(path, path) for path in sorted({*held, *self.paths()})]

    def parts(self) -> Iterator[pl.DataFrame]:
        """The texts of all parts in source order."""
        return map(read_part, self.kept())

    def records(self) -> int:
        """How many there are in all parts."""
        return sum(part.height for part in self.parts())

    def write_ledger(self, target: Path) -> None:
        """Put the ledgers of all parts together."""
        with target.open("wb") as whole:
            for path in sorted(self._folder.glob("*.jsonl")):
                with path.open("rb") as part:
                    shutil.copyfileobj(part, whole)

    def _path(self, file: int, number: int, kind: str) -> Path:
        return self._folder / f"{file:05d}.{number:06d}.{kind}"

    def _write_held(self) -> None:
        """Bring to the disk what is in memory, and have it marked."""
        while True:
            with self._taking:
                if not self._held:
                    return
                path = next(iter(self._held))
                part, known = self._held.pop(path)
            if part.height:
                part.write_ipc(path, compression="uncompressed")
            files = [each for each in (path, path.with_suffix(".jsonl")) if each.exists()]
            self._pool.submit(self._mark, path.with_suffix(".done"), files, known)

    def _mark(self, marker: Path, paths: Sequence[Path], known: Mapping[str, Any]) -> None:
        try:
            for path in paths:
                sync(path)
            sync(self._folder)
            files = {path.name: _hash(path) for path in paths}
            marker.write_text(json.dumps({"files": files, **known}), encoding="utf-8")
            sync(marker)
        except OSError as error:
            self._failure = error


def _hash(path: Path) -> str:
    """Of what lies on the disk; empty if nothing does."""
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return xxhash.xxh3_128_hexdigest(mapped)
    except (FileNotFoundError, ValueError):
        return ""


def _marker(path: Path) -> dict[str, Any] | None:
    """What a marker says; None if there is none, or power failed while it was written."""
    try:
        known: dict[str, Any] = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return known
