"""The first pass: every chunk of every table becomes a part; what has to be remembered of it is hashes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count, islice
from pathlib import Path

import polars as pl

from pipeline.engine.local import in_order
from pipeline.funnel import Funnel
from pipeline.job import Job
from pipeline.keys import key_frame
from pipeline.part import Part, convert_chunk
from pipeline.progress import Progress
from pipeline.readers.chunk import OFFSET, ROW, Chunk
from pipeline.spool import Spool
from pipeline.stages import steps_of
from schemas.dataset import REJECTED


@dataclass(slots=True)
class FirstPass:
    """What is known after it."""

    funnel: Funnel = field(default_factory=Funnel)
    keys: list[pl.DataFrame] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    """Rows read of each table."""
    has_history: bool = False

    def take_keys(self) -> pl.DataFrame:
        """The keys of all parts as one frame; they are kept here no longer."""
        keys, self.keys = pl.concat(self.keys, how="diagonal"), []
        return keys


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What is remembered of a part once its records lie on disk."""

    keys: pl.DataFrame
    ledger: pl.DataFrame
    funnel: Funnel
    position: int
    """Where its last record starts in the source."""


def run(job: Job, folder: Path | None, progress: Progress) -> tuple[FirstPass, Spool | None]:
    """Convert all tables. Without a folder only the counts are made (``--dry-run``)."""
    first = FirstPass()
    spool = Spool(folder / "parts") if folder is not None else None
    parts = count()
    behind = 0
    for file, choice in enumerate(job.found.choices):
        convert = partial(
            convert_chunk,
            table=choice.mapped,
            options=job.options,
            steps=steps_of(job.domain, job.options),
            counter=job.counter,
        )
        chunks = _limited(choice.table.chunks(choice.mapped.columns), job.options.limit)
        rows = 0
        for done in in_order(partial(_part, convert, spool), zip(parts, chunks, strict=False)):
            _keep(done, file, first, folder)
            rows += done.funnel.read
            progress.advance(done.funnel.read, behind + done.position)
        first.rows[choice.table.name] = rows
        behind += job.sizes.get(choice.table.name, 0)
    return first, spool


def _part(convert: Callable[[Chunk], Part], spool: Spool | None, numbered: tuple[int, Chunk]) -> _Done:
    number, chunk = numbered
    part = convert(chunk)
    if spool is not None and part.records.height:
        spool.write(number, part.records)
    last = part.records[OFFSET][-1] if part.records.height else 0
    return _Done(keys=key_frame(part.records), ledger=part.ledger, funnel=part.funnel, position=last or 0)


def _keep(done: _Done, file: int, first: FirstPass, folder: Path | None) -> None:
    first.funnel.add(done.funnel)
    if done.keys.height:
        first.keys.append(done.keys.with_columns(file=pl.lit(file, dtype=pl.UInt32)))
        first.has_history = first.has_history or bool((done.keys["turns"] > 0).any())
    if done.ledger.height and folder is not None:
        with (folder / REJECTED).open("ab") as ledger:
            done.ledger.write_ndjson(ledger)


def _limited(chunks: Iterator[Chunk], limit: int | None) -> Iterator[Chunk]:
    """The first rows only, cut at the end of a chunk's frame."""
    if limit is None:
        yield from chunks
        return
    left = limit
    for chunk in chunks:
        if chunk.rows_read >= left:
            yield _first_rows(chunk, left)
            return
        left -= chunk.rows_read
        yield chunk


def _first_rows(chunk: Chunk, number: int) -> Chunk:
    rows = sorted(islice(sorted([*chunk.frame[ROW], *chunk.rejected[ROW]]), number))
    if not rows:
        return chunk
    last = rows[-1]
    first = pl.col(ROW) <= last
    return replace(chunk, frame=chunk.frame.filter(first), rejected=chunk.rejected.filter(first), not_a_record={})
