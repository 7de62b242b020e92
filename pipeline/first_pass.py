"""The first pass: every chunk of every table becomes a part; what has to be remembered of it is hashes."""

from collections.abc import Callable, Container, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

import polars as pl

from pipeline.engine.local import in_order
from pipeline.funnel import Funnel
from pipeline.hashing import hash_of_chunk
from pipeline.job import Job, require_unchanged
from pipeline.keys import key_frame
from pipeline.part import Part, convert_chunk
from pipeline.progress import Progress
from pipeline.readers.chunk import OFFSET, ROW, Chunk
from pipeline.spill import Spill
from pipeline.spool import Done, Spool
from pipeline.stages import steps_of
from schemas.errors import SourceError


@dataclass(slots=True)
class FirstPass:
    """What is known after it."""

    funnel: Funnel = field(default_factory=Funnel)
    keys: list[pl.DataFrame] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    """Rows read of each table."""
    has_history: bool = False
    resumed: int = 0
    """Parts that an earlier run had finished."""

    def take_keys(self) -> pl.DataFrame:
        """The keys of all parts as one frame; they are kept here no longer."""
        keys, self.keys = pl.concat(self.keys, how="diagonal"), []
        return keys


def run(job: Job, spool: Spool | None, progress: Progress, untouched: Container[int] = ()) -> FirstPass:
    """Convert all tables but for the parts that an earlier run left in the spool; without one only the counts are made
    (``--dry-run``).

    Finished parts of ``untouched`` tables are taken as they are, others if they were made of what is read now. Raises
    SourceError where a source changes.
    """
    first = FirstPass()
    spill = None if spool is None else Spill(spool.folder, job.memory)
    behind = 0
    for file, choice in enumerate(job.found.choices):
        known = spool.finished_table(file) if spool is not None and file in untouched else None
        rows = 0
        with closing(_read_parts(job, file, spool) if known is None else (part for part in known)) as parts:
            for done in parts:
                _keep(done, file, first, spill)
                rows += done.funnel.read
                progress.advance(done.funnel.read, behind + done.position)
        first.rows[choice.table.name] = rows
        behind += job.sizes.get(choice.table.name, 0)
    require_unchanged(job)
    return first


def _read_parts(job: Job, file: int, spool: Spool | None) -> Generator[Done]:
    """Every chunk of a table as a part, in order."""
    choice = job.found.choices[file]
    chunks = _limited(choice.table.chunks(choice.mapped.columns), job.options.limit)
    count = 0
    try:
        for done in in_order(part_of(job, file, spool), enumerate(chunks)):
            count += 1
            yield done
    except SourceError:
        require_unchanged(job)
        raise
    if spool is not None:
        spool.finish_table(file, count)


def part_of(job: Job, file: int, spool: Spool | None) -> Callable[[tuple[int, Chunk]], Done]:
    """What makes a part of a numbered chunk of a table, and keeps it where there is a spool."""
    choice = job.found.choices[file]
    convert = partial(
        convert_chunk,
        table=choice.mapped,
        options=job.options,
        steps=steps_of(job.domain, job.options),
        counter=job.counter,
    )
    return partial(_counted, convert) if spool is None else partial(_kept, convert, spool, file, choice.table.name)


def _counted(convert: Callable[[Chunk], Part], numbered: tuple[int, Chunk]) -> Done:
    return _done(convert(numbered[1]))


def _kept(convert: Callable[[Chunk], Part], spool: Spool, file: int, name: str, numbered: tuple[int, Chunk]) -> Done:
    """The part of a chunk, made now or by an earlier run."""
    number, chunk = numbered
    read = hash_of_chunk(chunk)
    known = spool.finished(file, number)
    if known is not None:
        if known.read != read:
            raise SourceError(
                f"{name}: changed since the run began that is to be resumed, at byte {known.position:,} or before; "
                "leave out --resume to begin anew"
            )
        return known
    part = convert(chunk)
    done = _done(part, read)
    spool.write(file, number, part.records, part.ledger, done)
    return done


def _done(part: Part, read: str = "") -> Done:
    last = part.records[OFFSET][-1] if part.records.height else 0
    return Done(keys=key_frame(part.records), funnel=part.funnel, position=last or 0, read=read)


def _keep(done: Done, file: int, first: FirstPass, spill: Spill | None) -> None:
    first.funnel.add(done.funnel)
    first.resumed += done.is_resumed
    if done.keys.height:
        keys = done.keys.with_columns(file=pl.lit(file, dtype=pl.UInt32))
        if spill is None:
            first.keys.append(keys)
        else:
            spill.add(first.keys, keys)
        first.has_history = first.has_history or bool((done.keys["turns"] > 0).any())


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
