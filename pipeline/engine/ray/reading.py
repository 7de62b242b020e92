"""The first pass on a cluster, by Ray Data: tables become chunks, chunks become parts; no chunk comes back here."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.first_pass import FirstPass, part_of
from pipeline.funnel import Funnel
from pipeline.job import Job, require_unchanged
from pipeline.progress import Progress
from pipeline.spool import Done, Spool
from schemas.errors import PrepError, SourceError

_FEW = 4
"""With fewer tables for every core, the chunks of a table are converted by whoever is free."""
_BLOCK_BYTES = 1 << 20
"""A chunk is larger than that, and so travels alone."""
_ALL_BUT = 0.999
"""Of a core: Ray Data joins two stages into one task where both ask for the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is told here of a part that lies in the spool."""

    file: int
    number: int
    records: int
    funnel: Funnel
    position: int
    has_history: bool
    is_resumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What every task has to know."""

    job: Job
    parts: Path
    home: Path
    """Where the command was given: names of sources may be relative to it."""


def first_pass(job: Job, spool: Spool, progress: Progress) -> tuple[FirstPass, list[Made]]:
    """Make all parts but those that an earlier run has finished; gives them in source order, without their keys.

    Raises SourceError where a source changes.
    """
    made: list[Made] = []
    reached: dict[int, int] = {}
    for row in _rows(job, spool.folder.absolute()):
        found = _loads(row["made"])
        if isinstance(found, SourceError):
            require_unchanged(job)
        if isinstance(found, (PrepError, OSError)):
            raise found
        made.append(found)
        reached[found.file] = max(reached.get(found.file, 0), found.position)
        progress.advance(found.funnel.read, sum(reached.values()))
    require_unchanged(job)
    made.sort(key=lambda part: (part.file, part.number))
    return _summed(job, spool, made), made


def _summed(job: Job, spool: Spool, made: list[Made]) -> FirstPass:
    first = FirstPass(rows={choice.table.name: 0 for choice in job.found.choices})
    parts = [0] * len(job.found.choices)
    for part in made:
        first.funnel.add(part.funnel)
        first.has_history |= part.has_history
        first.resumed += part.is_resumed
        first.rows[job.found.choices[part.file].table.name] += part.funnel.read
        parts[part.file] += 1
    for file, count in enumerate(parts):
        spool.finish_table(file, count)
    return first


def _rows(job: Job, parts: Path) -> Iterator[dict[str, Any]]:
    """A row for every part, in the order in which they are done."""
    import ray
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.target_max_block_size = _BLOCK_BYTES
    work = ray.put(_Work(job=replace(job, hashes=dict), parts=parts, home=Path.cwd()))
    tables = len(job.found.choices)
    is_spread = tables < _FEW * ray.cluster_resources().get("CPU", 1)
    files = ray.data.from_items(list(range(tables)), override_num_blocks=tables)
    chunks = files.flat_map(_chunks, fn_kwargs={"work": [work]}, num_cpus=1)
    parts_made = chunks.map(_part, fn_kwargs={"work": [work]}, num_cpus=_ALL_BUT if is_spread else 1)
    yield from parts_made.iter_rows()


def _chunks(row: dict[str, Any], work: list[Any]) -> Iterator[dict[str, Any]]:
    """The numbered chunks of a table; a mistake of the user travels as a row, as chunks do."""
    known = _known(work)
    choice = known.job.found.choices[row["item"]]
    try:
        for number, chunk in enumerate(choice.table.chunks(choice.mapped.columns)):
            yield {"file": row["item"], "number": number, "chunk": _dumps(chunk)}
    except (PrepError, OSError) as error:
        yield {"file": row["item"], "number": -1, "chunk": _dumps(error)}


def _part(row: dict[str, Any], work: list[Any]) -> dict[str, Any]:
    chunk = _loads(row["chunk"])
    if isinstance(chunk, (PrepError, OSError)):
        return {"made": row["chunk"]}
    known = _known(work)
    try:
        with Spool(known.parts, is_shared=True) as spool:
            done = part_of(known.job, row["file"], spool)((row["number"], chunk))
            spool.wait()
    except (PrepError, OSError) as error:
        return {"made": _dumps(error)}
    return {"made": _dumps(_made(row["file"], row["number"], done))}


def _dumps(value: Any) -> bytes:
    """Only between processes of one run: readers give chunks that know how to find the text of a row."""
    from ray import cloudpickle

    dumped: bytes = cloudpickle.dumps(value)
    return dumped


def _loads(dumped: bytes) -> Any:
    from ray import cloudpickle

    return cloudpickle.loads(dumped)


def _known(work: list[Any]) -> _Work:
    import ray

    known: _Work = ray.get(work[0])
    with suppress(OSError):  # on a machine without that folder sources must have absolute names
        os.chdir(known.home)
    return known


def _made(file: int, number: int, done: Done) -> Made:
    keys = done.keys
    return Made(
        file=file,
        number=number,
        records=keys.height,
        funnel=done.funnel,
        position=done.position,
        has_history=bool(keys.height and (keys["turns"] > 0).any()),
        is_resumed=done.is_resumed,
    )
