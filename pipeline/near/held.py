"""What is remembered of a conversion, and records of other datasets (``--against``), read as ours are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from pipeline.find import find_tables
from pipeline.first_pass import run
from pipeline.job import Job, hashes_of
from pipeline.near.memory import Memory, memory_of
from pipeline.options import ConvertOptions
from pipeline.progress import Silent
from pipeline.spill import Spill
from pipeline.spool import Spool
from schemas.records import Domain


@dataclass(frozen=True, slots=True)
class Records:
    """What is remembered of the records of some files."""

    keys: pl.DataFrame
    """With the ``name`` of the file of each."""
    parts: list[Path]


@contextmanager
def spool_if_needed(options: ConvertOptions) -> Iterator[Spool | None]:
    """Parts in a temporary folder where a dry run has texts to compare; none where it needs only counts."""
    if options.near_dedup is None and not options.against:
        yield None
        return
    with TemporaryDirectory() as folder, Spool(Path(folder)) as spool:
        yield spool


@contextmanager
def remembered(keys: pl.DataFrame, spool: Spool | None, job: Job) -> Iterator[Memory | None]:
    """What near duplicates and contamination are looked for in; None where neither is asked for."""
    if spool is None or (job.options.near_dedup is None and not job.options.against):
        yield None
        return
    held = Records(keys.clear().with_columns(name=pl.lit("", dtype=pl.String)), [])
    with TemporaryDirectory() as folder:
        if job.found.held:
            held = read_records([source.name for source in job.found.held], job.options, job.domain, Path(folder))
        old = [] if job.base is None else [job.base.records]
        spill = Spill(spool.folder, job.memory)
        memory = memory_of(held.keys, keys, [*held.parts, *old, *spool.kept()], job.options, spill)
        del keys  # their signatures are mapped from disk until nobody holds them
        yield memory


def read_records(files: Sequence[str], options: ConvertOptions, domain: Domain | None, folder: Path) -> Records:
    """Convert files without rules and without a split; parts lie in ``folder``, which must be there until they are not
    needed any more. Without a domain it is found for every table."""
    plain = ConvertOptions(
        domain=domain,
        turns=options.turns,
        clean=options.clean,
        width=options.width,
        nfkc=options.nfkc,
        simplified=options.simplified,
        near_dedup=options.near_dedup,
        near_dedup_on=options.near_dedup_on,
    )
    found = find_tables(files, plain)
    its_domain = domain or found.choices[0].mapped.converter.domain
    job = Job(found=found, domain=its_domain, options=plain, target=folder, hashes=lambda: hashes_of(found))
    with Spool(folder) as spool:
        first = run(job, spool, Silent())
        parts = spool.paths()
    names = pl.Series([choice.table.name for choice in found.choices], dtype=pl.String)
    keys = first.take_keys() if first.keys else pl.DataFrame()
    return Records(keys.with_columns(name=names.gather(keys["file"])) if keys.height else keys, parts)
