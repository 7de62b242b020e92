"""The first pass: every chunk of every table becomes a part; what has to be remembered of it is hashes."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
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


def run(job: Job, folder: Path | None, progress: Progress) -> tuple[FirstPass, Spool | None]:
    """Convert all tables. Without a folder only the counts are made (``--dry-run``)."""
    options = job.options
    steps = steps_of(job.domain, options)
    done = FirstPass()
    spool = Spool(folder / "parts") if folder is not None else None
    behind = 0
    for number, choice in enumerate(job.found.choices):
        rows = 0
        convert = partial(convert_chunk, table=choice.mapped, options=options, steps=steps, counter=job.counter)
        for part in in_order(convert, _limited(choice.table.chunks(choice.mapped.columns), options.limit)):
            _keep(part, number, done, spool, folder)
            rows += part.funnel.read
            progress.advance(part.funnel.read, behind + _position(part))
        done.rows[choice.table.name] = rows
        behind += job.sizes.get(choice.table.name, 0)
    return done, spool


def _keep(part: Part, file: int, done: FirstPass, spool: Spool | None, folder: Path | None) -> None:
    done.funnel.add(part.funnel)
    if part.records.height:
        keys = key_frame(part.records).with_columns(file=pl.lit(file, dtype=pl.UInt32))
        done.keys.append(keys)
        done.has_history = done.has_history or bool((keys["turns"] > 0).any())
        if spool is not None:
            spool.add(part.records)
    if part.ledger.height and folder is not None:
        with (folder / REJECTED).open("ab") as ledger:
            part.ledger.write_ndjson(ledger)


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


def _first_rows(chunk: Chunk, count: int) -> Chunk:
    rows = sorted(islice(sorted([*chunk.frame[ROW], *chunk.rejected[ROW]]), count))
    if not rows:
        return chunk
    last = rows[-1]
    first = pl.col(ROW) <= last
    return replace(chunk, frame=chunk.frame.filter(first), rejected=chunk.rejected.filter(first), not_a_record={})


def _position(part: Part) -> int:
    return int(part.records[OFFSET][-1] or 0) if part.records.height else 0
