"""One conversion: what is read, as what, with which options, to where."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.append.base import Base
from pipeline.choose import Choice
from pipeline.find import Found
from pipeline.hashing import sha256_of, sha256_of_dataset
from pipeline.options import ConvertOptions
from pipeline.replay import REPLAYED
from pipeline.spill import MEMORY
from pipeline.stands import Stand, stands_of
from schemas.errors import SourceError
from schemas.limits import TokenCounter
from schemas.records import Domain


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Everything that is decided before the first row is converted."""

    found: Found
    domain: Domain
    options: ConvertOptions
    target: Path
    """The dataset folder."""
    hashes: Callable[[], Mapping[str, str]]
    """Name of each input and of the joined file -> SHA-256 of the file that it lies in; waits until it is known."""
    stands: Mapping[str, Stand] = field(default_factory=dict)
    """What the files of the sources looked like before the first row was read."""
    counter: TokenCounter | None = None
    memory: int = MEMORY
    """Bytes of hashes and signatures that are held at a time; the outcome does not depend on it."""
    base: Base | None = None
    """The dataset that the sources are added to."""

    def hash_of(self, choice: Choice) -> str:
        """The hash of what a table was read from: a file, perhaps with ``#table`` or ``@split`` behind its name, or the
        ledger that is replayed."""
        return self.hashes().get(base_of(choice, self.hashes()), "")

    @property
    def plain_options(self) -> dict[str, Any]:
        """As they look when read back from the manifest."""
        plain: dict[str, Any] = _plain(self.options.as_json())
        return {**plain, "tokenizer": self.counter.name if self.counter is not None else None}

    @property
    def sizes(self) -> dict[str, int]:
        return {source.name: source.size or 0 for source in self.found.inputs}

    @property
    def total_bytes(self) -> int | None:
        sizes = [source.size for source in self.found.inputs]
        return None if any(size is None for size in sizes) else sum(size or 0 for size in sizes)


def base_of(choice: Choice, names: Container[str]) -> str:
    """Which of the names is that of the input in which a table lies; empty if none is."""
    name = choice.table.facts.get(REPLAYED, choice.table.name)
    bases = (name, name.rpartition("#")[0], name.rpartition("@")[0])
    return next((base for base in bases if base in names), "")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def hashes_of(found: Found) -> Mapping[str, str]:
    """Name of each input, data set and joined file -> its SHA-256."""
    hub = {spec: sha256_of_dataset(spec) for spec in found.hub}
    return {**sha256_of([*found.inputs, *found.partners, *found.held]), **hub}


def require_unchanged(job: Job) -> None:
    """Raise SourceError where a source is no longer what it was when the first row was read."""
    now = stands_of([*job.found.inputs, *job.found.partners, *job.found.held])
    for name, stand in job.stands.items():
        if stand.differs(now.get(name)):
            raise SourceError(
                f"{name}: changed while it was read: {stand} before, {now.get(name, 'gone')} now; "
                "convert it again when nobody writes to it"
            )
