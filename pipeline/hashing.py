"""What a source is known by: the SHA-256 of the file that it lies in; a chunk of it by a hash of its rows."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import xxhash

from pipeline.readers.chunk import Chunk
from pipeline.sources.inputs import Input
from pipeline.sources.urls import file_at, is_url, open_place, reaching

_BLOCK = 1 << 18
"""It stays in the processor's cache while it is hashed."""


def source_file(source: Input) -> Path | None:
    """The file on disk that an input is, or lies in: ``crawl.zip`` of ``crawl.zip/part-1.json``."""
    if source.path is not None:
        return source.path
    name = Path(source.name)
    return next((path for path in (name, *name.parents) if path.is_file()), None)


def sha256(path: Path) -> str:
    """Hash a file in blocks."""
    digest = hashlib.sha256()
    block = memoryview(bytearray(_BLOCK))
    with path.open("rb", buffering=0) as stream:
        while size := stream.readinto(block):
            digest.update(block[:size])
    return digest.hexdigest()


def _sha256_at(name: str) -> str:
    """Of the file at a URL that an input with this name is, or lies in; empty if there is none."""
    place = file_at(name)
    if place is None:
        return ""
    digest = hashlib.sha256()
    with reaching(name), open_place(place) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def sha256_of_dataset(name: str) -> str:
    """Of all files of a local data set folder with their names; empty for one that lies elsewhere."""
    folder = Path(name)
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder)} {sha256(path)}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest() if folder.is_dir() else ""


def sha256_of(sources: Iterable[Input]) -> Mapping[str, str]:
    """Name of each input -> hash of its file; a file that holds several inputs is read once."""
    known: dict[Path, str] = {}
    found: dict[str, str] = {}
    for source in sources:
        if is_url(source.name):
            found[source.name] = _sha256_at(source.name)
            continue
        path = source_file(source)
        if path is None:
            continue
        if path not in known:
            known[path] = sha256(path)
        found[source.name] = known[path]
    return found


def hash_of_chunk(chunk: Chunk) -> str:
    """Of all that was read; the same on every machine with this version of polars."""
    digest = xxhash.xxh3_128(repr((chunk.rows_read, sorted(chunk.not_a_record.items()))).encode())
    for rows in (chunk.frame, chunk.rejected):
        digest.update(rows.hash_rows(seed=1).to_numpy().data)
    return digest.hexdigest()
