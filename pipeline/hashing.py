"""What a source is known by: the SHA-256 of the file that it lies in."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.sources.inputs import Input

_BLOCK = 4 << 20


def source_file(source: Input) -> Path | None:
    """The file on disk that an input is, or lies in: ``crawl.zip`` of ``crawl.zip/part-1.json``."""
    if source.path is not None:
        return source.path
    name = Path(source.name)
    return next((path for path in (name, *name.parents) if path.is_file()), None)


def sha256(path: Path) -> str:
    """Hash a file in blocks."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def sha256_of(sources: Iterable[Input]) -> Mapping[str, str]:
    """Name of each input -> hash of its file; a file that holds several inputs is read once."""
    known: dict[Path, str] = {}
    found: dict[str, str] = {}
    for source in sources:
        path = source_file(source)
        if path is not None:
            found[source.name] = known.setdefault(path, "") or sha256(path)
            known[path] = found[source.name]
    return found
