"""How the files of the sources stand: what tells, without reading them, that they are no longer what they were."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.hashing import source_file
from pipeline.sources.inputs import Input
from pipeline.sources.urls import file_at, is_url, reaching


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Of one file; times in nanoseconds."""

    size: int
    modified: int
    changed: int
    """When anything about the file changed, its name or its rights too. Nobody can set that time back."""
    inode: int

    def __str__(self) -> str:
        return f"{self.size:,} bytes of {datetime.fromtimestamp(self.modified // 10**9):%Y-%m-%d %H:%M:%S}"

    def differs(self, other: "Stand | None") -> bool:
        """Whether it must be taken for another file."""
        return other is None or (self.size, self.modified) != (other.size, other.modified)


def stands_of(sources: Iterable[Input]) -> dict[str, Stand]:
    """Name of each input -> the file that it is or lies in; what came through a pipe has none."""
    found: dict[str, Stand] = {}
    for source in sources:
        if is_url(source.name):
            found |= _remote(source.name)
            continue
        path = source_file(source)
        name = Path(source.name)
        if path is not None and path in (name, *name.parents) and path.is_file():
            known = path.stat()
            found[source.name] = Stand(
                size=known.st_size, modified=known.st_mtime_ns, changed=known.st_ctime_ns, inode=known.st_ino
            )
    return found


def _remote(name: str) -> dict[str, Stand]:
    """Of a file at a URL; of a member of an archive none."""
    with reaching(name):
        place = file_at(name)
        if place is None or str(place) != name:
            return {}
        modified = int(place.system.modified(place.path).timestamp() * 10**9)
        return {name: Stand(size=place.system.size(place.path), modified=modified, changed=0, inode=0)}
