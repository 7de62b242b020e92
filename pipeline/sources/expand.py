"""What the user typed as named streams of bytes: a file, a folder, a glob, ``-``, and whatever they hold."""

import difflib
import glob
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pipeline.sources.archives import Members, is_tar, is_zip, tar_members, zip_members
from pipeline.sources.compression import compression_of, decompressed
from pipeline.sources.hub import is_hub
from pipeline.sources.impostors import Skipped, replaces_data, skipped_by_name, what_is_it
from pipeline.sources.inputs import Input
from pipeline.sources.member_names import decoded_name
from pipeline.sources.streams import spool
from pipeline.sources.urls import inputs_at, is_url, reaching
from schemas.errors import SourceError

_MAX_DEPTH = 3
"""Archives inside archives."""
STANDARD_INPUT = "standard input"


class Expansion(NamedTuple):
    """All that the sources hold, in a stable order: as typed, and sorted by path inside a folder, glob or archive."""

    inputs: list[Input]
    hub: list[str]
    """Data sets for ``hub.hub_tables``, read after the inputs."""
    skipped: list[Skipped]
    """What was passed over, to be said aloud."""


def expand(sources: Sequence[str]) -> Expansion:
    """Find everything that is to be read. Raises SourceError for a source that is missing, empty or no data."""
    found = Expansion([], [], [])
    seen: set[Path] = set()
    for source in dict.fromkeys(sources):
        try:
            if is_hub(source):
                found.hub.append(source)
                continue
            inputs, skipped = _expand_one(source, seen)
        except OSError as error:
            raise SourceError(f"{error.filename or source}: cannot be read: {error.strerror}") from None
        found.inputs.extend(inputs)
        found.skipped.extend(skipped)
    return found


def _expand_one(source: str, seen: set[Path]) -> Members:
    if is_url(source):
        return _remote(source)
    path = Path(source)
    if not source:
        raise SourceError("a source without a name; expected a file, a folder, a glob, - or hf::owner/name")
    if source == "-":
        return _unfold(_spooled(sys.stdin.buffer, STANDARD_INPUT), named=True)
    if path.is_dir():
        return _gather(source, _walk(path), seen)
    if path.exists():
        seen.add(path.resolve())
        return _unfold(_file(path, source), named=True)
    if glob.has_magic(source):
        matches = sorted(glob.glob(source, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
        if not matches:
            raise SourceError(f"{source}: no file matches; {_what_is_there(path)}")
        return _gather(source, (pair for match in matches for pair in _walk(Path(match))), seen)
    raise SourceError(f"{source}: no such file or folder; {_what_is_there(path)}")


def _remote(url: str) -> Members:
    files, skipped = inputs_at(url)
    inputs: list[Input] = []
    for file in files:
        with reaching(file.name):
            found, passed = _unfold(file, named=len(files) == 1)
        inputs += found
        skipped += passed
    return inputs, skipped


def _walk(path: Path) -> Iterator[tuple[Path, Path]]:
    """Every file below a folder with its path inside it, sorted; a file is itself."""
    if not path.is_dir():
        yield path, Path(path.name)
        return
    files = [
        Path(folder, name)
        for folder, folders, names in os.walk(path, onerror=_raise)
        for name in (*names, *(name for name in folders if Path(folder, name).is_symlink()))
    ]
    for file in sorted(files, key=lambda file: file.parts):
        yield file, file.relative_to(path)


def _raise(error: OSError) -> None:
    raise error


def _gather(source: str, files: Iterator[tuple[Path, Path]], seen: set[Path]) -> Members:
    inputs: list[Input] = []
    skipped: list[Skipped] = []
    for file, inside in files:
        why = "named twice" if file.resolve() in seen else skipped_by_name(inside)
        if not why and not file.is_file():
            why = "a link to a folder, a broken link or a pipe"
        if why:
            skipped.append(Skipped(decoded_name(os.fsencode(file)), why))
            continue
        seen.add(file.resolve())
        found, passed = _unfold(_file(file, str(file)))
        inputs += found
        skipped += passed
    if not inputs and any(passed.why != "named twice" for passed in skipped):
        reasons = "; ".join(f"{Path(name).name}: {why}" for name, why in skipped[:3])
        raise SourceError(f"{source}: no data in it, only {len(skipped)} files that are none ({reasons})")
    if not inputs and not skipped:
        raise SourceError(f"{source}: an empty folder; expected data files such as .jsonl, .csv or .zip")
    return inputs, skipped


def _unfold(source: Input, depth: int = 0, named: bool = False) -> Members:
    """Undo compression and open archives until there is data. What the user ``named`` must be data; other files of a
    folder may be passed over, but never one that stands in for data."""
    source = _without_compression(source)
    head = source.head()
    if not head:
        return _refuse(source, "an empty file (0 bytes)", named)
    if what := what_is_it(head):
        return _refuse(source, what, named or replaces_data(head))
    members = _members(source, head, depth)
    if members is None:
        return [source], []
    inputs: list[Input] = []
    skipped = members[1]
    for member in members[0]:
        found, passed = _unfold(member, depth + 1)
        inputs += found
        skipped += passed
    if not inputs:
        return _refuse(source, "an archive without data", named)
    return inputs, skipped


def _without_compression(source: Input) -> Input:
    for _ in range(_MAX_DEPTH):
        kind = compression_of(source.head())
        if kind is None:
            return source
        source = decompressed(source, kind)
    raise SourceError(f"{source.name}: compressed {_MAX_DEPTH} times over; undo it first")


def _members(source: Input, head: bytes, depth: int) -> Members | None:
    if not is_zip(head) and not is_tar(head):
        return None
    if depth >= _MAX_DEPTH:
        raise SourceError(f"{source.name}: archives inside archives, more than {_MAX_DEPTH} deep; unpack it first")
    return zip_members(source) if is_zip(head) else tar_members(source)


def _refuse(source: Input, what: str, always: bool) -> Members:
    if always:
        raise SourceError(f"{source.name}: {what}")
    return [], [Skipped(source.name, what)]


def _file(path: Path, name: str) -> Input:
    name = decoded_name(os.fsencode(name))
    if path.is_file():
        return Input(name=name, open=lambda: path.open("rb"), path=path, size=path.stat().st_size)
    with path.open("rb") as stream:  # a pipe: <(zcat …), /dev/stdin
        return _spooled(stream, name)


def _spooled(stream: BinaryIO, name: str) -> Input:
    spooled, _ = spool(stream, name)
    return replace(Input(name=name, open=spooled), path=spooled.path, size=spooled.path.stat().st_size)


def _what_is_there(path: Path) -> str:
    """The names that the user may have meant."""
    folder = next(parent for parent in (*path.parents, Path.cwd()) if parent.is_dir())
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    wanted = path.parts[len(folder.parts) if folder != Path() else 0]
    close = difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(str(folder / name) for name in close) + "?"
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return f"{folder}{os.sep} holds {shown}" if names else f"{folder}{os.sep} is empty"
