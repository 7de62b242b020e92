"""Sources become a dataset folder: the whole way, and the only place that knows all of its stages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.append.base import opened
from pipeline.append.check import last_appended
from pipeline.append.files import grow_ledger
from pipeline.append.grow import grown, with_old
from pipeline.begun import begin
from pipeline.choose import Choice, one_domain
from pipeline.engine.engine import Engine
from pipeline.engine.local import in_background
from pipeline.find import find_tables
from pipeline.first_pass import run
from pipeline.folder import is_ours, is_tidy, parts_of, publish, unfinished
from pipeline.funnel import Funnel
from pipeline.job import Job, hashes_of, require_unchanged
from pipeline.manifest import made_by, manifest_of
from pipeline.near.held import spool_if_needed
from pipeline.options import ConvertOptions
from pipeline.outcome import shape_of, tally
from pipeline.progress import Progress, Silent
from pipeline.second_pass import settle_all, write_dataset
from pipeline.spill import MEMORY
from pipeline.spool import Spool
from pipeline.stands import stands_of
from schemas.dataset import REJECTED, read_manifest
from schemas.errors import DatasetError, OptionError, OutcomeError
from schemas.limits import TokenCounter


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What came of it."""

    path: Path | None
    """The dataset's folder; null where nothing was written, or not into a folder."""
    manifest: Mapping[str, Any]
    passed_over: list[tuple[str, str]]
    choices: list[Choice]
    unchanged: bool = False
    """The folder was already there, made from the same sources with the same options."""
    resumed: int = 0
    """Parts of the work that an earlier run had finished."""
    place: str | None = None
    """The URL of a dataset that was brought elsewhere."""


def convert_sources(
    sources: Sequence[str],
    options: ConvertOptions,
    *,
    out: Path = Path("data"),
    name: str | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    resume: bool = False,
    append: bool = False,
    progress: Progress | None = None,
    counter: TokenCounter | None = None,
    memory: int = MEMORY,
    engine: Engine | None = None,
) -> Conversion:
    """Convert, and write the dataset folder ``out/name`` (default: the domain) unless it is a dry run.

    With ``resume`` the finished parts of a run that was broken off are taken up, and kept if this one is, too. With
    ``append`` the sources are added to the dataset that is there, which must have been made with the same options.
    Raises DatasetError where another dataset is in the way, OutcomeError where nothing came out or too much was
    rejected: then there is no dataset, but the ledger stays in ``out/name.rejected.jsonl``.
    """
    if append and (overwrite or engine is not None):
        raise OptionError(f"--append and --{'overwrite' if overwrite else 'engine'} exclude each other")
    found = find_tables(sources, options)
    domain = one_domain({choice.table.name: choice for choice in found.choices}, options)
    job = Job(
        found=found,
        domain=domain,
        options=options,
        target=out / _safe_name(name or domain),
        stands=stands_of([*found.inputs, *found.partners, *found.held]),
        hashes=in_background(lambda: {} if options.limit is not None else hashes_of(found)),
        counter=counter,
        memory=memory,
    )
    dry = dry_run or options.limit is not None
    if append or (not dry and job.target.exists()):
        manifest = last_appended(job) if append else _in_the_way(job, overwrite=overwrite)
        if manifest is not None and is_tidy(job.target):
            return _result(job, job.target, manifest, unchanged=True)
    watcher = progress or Silent()
    watcher.start(job.total_bytes)
    try:
        if dry:
            return _dry_run(replace(job, base=opened(job.target)) if append else job, watcher)
        return _write(job, watcher, engine, overwrite=overwrite, resume=resume, append=append)
    finally:
        watcher.finish()


def _safe_name(name: str) -> str:
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise OptionError(f"--name {name!r}: expected the name of a folder, without slashes; use --out for its parent")
    return name


def _in_the_way(job: Job, *, overwrite: bool) -> Mapping[str, Any] | None:
    """The manifest of the dataset that is already what is asked for; None if it may be replaced."""
    if not is_ours(job.target):
        raise DatasetError(f"{job.target}: in the way and not a dataset of prep; choose another --name or --out")
    if overwrite or not any(job.target.iterdir()):
        return None
    manifest = read_manifest(job.target)
    difference = made_by(manifest, job)
    if difference:
        raise DatasetError(
            f"{job.target}: already there, made with {difference}; "
            "replace it with --overwrite or write beside it with --name"
        )
    return manifest


def _result(
    job: Job, path: Path | None, manifest: Mapping[str, Any], *, unchanged: bool = False, resumed: int = 0
) -> Conversion:
    return Conversion(
        path=path,
        manifest=manifest,
        passed_over=job.found.passed_over,
        choices=job.found.choices,
        unchanged=unchanged,
        resumed=resumed,
    )


def _dry_run(job: Job, progress: Progress) -> Conversion:
    with spool_if_needed(job.options) as spool:
        first = with_old(run(job, spool, progress), job.base)
        settled = settle_all(first, spool, job)
    return _result(job, None, grown(manifest_of(job, first, settled, shape_of(first, job.options)), job.base, settled))


def _write(
    job: Job, progress: Progress, engine: Engine | None, *, overwrite: bool, resume: bool, append: bool
) -> Conversion:
    with unfinished(job.target, resume=resume) as folder:
        manifest = None
        if append:
            manifest = last_appended(job)
        elif job.target.exists():
            manifest = _in_the_way(job, overwrite=overwrite)
        if manifest is not None:
            return _result(job, job.target, manifest, unchanged=True)
        job = replace(job, base=opened(job.target)) if append else job
        untouched = begin(folder, job)
        held_bytes = 0 if resume or engine is not None else 2 * job.memory
        with Spool(parts_of(folder), held_bytes=held_bytes) as spool:
            first = (run if engine is None else engine.first_pass)(job, spool, progress, untouched)
            spool.write_ledger(folder / REJECTED)
            if job.base is not None:
                grow_ledger(folder, job.base)
            first = with_old(first, job.base)
            _refuse_bad_outcome(first.funnel, job, folder)
            write = write_dataset if engine is None else engine.write_dataset
            manifest = write(folder, job, first, spool)
            require_unchanged(job)
            publish(folder, job.target)
    return _result(job, job.target, manifest, resumed=first.resumed)


def _refuse_bad_outcome(funnel: Funnel, job: Job, folder: Path) -> None:
    """Keep the ledger where the dataset cannot be, so that one can see why."""
    nothing = funnel.made == funnel.rejected_records.total()
    if not nothing and funnel.reject_rate <= job.options.max_reject_rate:
        return
    limit = f"{funnel.reject_rate:.1%} rejected, more than --max-reject-rate {job.options.max_reject_rate:g}"
    raise OutcomeError(f"{'nothing came out' if nothing else limit}: {tally(funnel)}{_kept_ledger(job.target, folder)}")


def _kept_ledger(target: Path, folder: Path) -> str:
    if not (folder / REJECTED).stat().st_size:
        return ""
    ledger = target.with_name(f"{target.name}.{REJECTED}")
    (folder / REJECTED).replace(ledger)
    return f"; see {ledger}"
