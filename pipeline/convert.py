"""Sources become a dataset folder: the whole way, and the only place that knows all of its stages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.begun import begin
from pipeline.choose import Choice, one_domain
from pipeline.engine.local import in_background
from pipeline.find import find_tables
from pipeline.first_pass import FirstPass, run
from pipeline.folder import is_ours, is_tidy, parts_of, publish, unfinished
from pipeline.funnel import Funnel
from pipeline.job import Job, hashes_of, require_unchanged
from pipeline.manifest import made_by, manifest_of
from pipeline.near.banding import BANDS
from pipeline.near.held import remembered, spool_if_needed
from pipeline.options import ConvertOptions
from pipeline.progress import Progress, Silent
from pipeline.publish import count_fates, write_card_and_manifest, write_origins, write_splits
from pipeline.settle import Settled, settle
from pipeline.spool import Spool
from pipeline.stands import stands_of
from schemas.dataset import REJECTED, read_manifest
from schemas.errors import DatasetError, OptionError, OutcomeError
from schemas.limits import TokenCounter
from schemas.records import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What came of it."""

    path: Path | None
    """The dataset's folder; null where nothing was written."""
    manifest: Mapping[str, Any]
    passed_over: list[tuple[str, str]]
    choices: list[Choice]
    unchanged: bool = False
    """The folder was already there, made from the same sources with the same options."""
    resumed: int = 0
    """Parts of the work that an earlier run had finished."""


def convert_sources(
    sources: Sequence[str],
    options: ConvertOptions,
    *,
    out: Path = Path("data"),
    name: str | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    resume: bool = False,
    progress: Progress | None = None,
    counter: TokenCounter | None = None,
) -> Conversion:
    """Convert, and write the dataset folder ``out/name`` (default: the domain) unless it is a dry run.

    With ``resume`` the finished parts of a run that was broken off are taken up, and kept if this one is, too.
    Raises DatasetError where another dataset is in the way, OutcomeError where nothing came out or too much was
    rejected: then there is no dataset, but the ledger stays in ``out/name.rejected.jsonl``.
    """
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
    )
    dry = dry_run or options.limit is not None
    if not dry and job.target.exists():
        manifest = _in_the_way(job, overwrite=overwrite)
        if manifest is not None and is_tidy(job.target):
            return _result(job, job.target, manifest, unchanged=True)
    watcher = progress or Silent()
    watcher.start(job.total_bytes)
    try:
        return _dry_run(job, watcher) if dry else _write(job, watcher, overwrite=overwrite, resume=resume)
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
        first = run(job, spool, progress)
        settled = _settled(first, spool, job)
    return _result(job, None, manifest_of(job, first, settled, _shape(first, job.options)))


def _write(job: Job, progress: Progress, *, overwrite: bool, resume: bool) -> Conversion:
    with unfinished(job.target, resume=resume) as folder:
        if job.target.exists() and (manifest := _in_the_way(job, overwrite=overwrite)) is not None:
            return _result(job, job.target, manifest, unchanged=True)
        untouched = begin(folder, job)
        with Spool(parts_of(folder)) as spool:
            first = run(job, spool, progress, untouched)
            spool.write_ledger(folder / REJECTED)
            _refuse_bad_outcome(first.funnel, job, folder)
            manifest = _write_dataset(folder, job, first, spool)
            require_unchanged(job)
            publish(folder, job.target)
    return _result(job, job.target, manifest, resumed=first.resumed)


def _write_dataset(folder: Path, job: Job, first: FirstPass, spool: Spool) -> Mapping[str, Any]:
    settled = _settled(first, spool, job)
    shape = _shape(first, job.options)
    tables = pl.DataFrame(
        [(choice.table.name, choice.mapped.converter.name) for choice in job.found.choices],
        schema={"file": pl.String, "converter": pl.String},
        orient="row",
    )
    write_splits(folder, spool, settled.keys, tables, shape)
    write_origins(folder, settled.keys)
    manifest = manifest_of(job, first, settled, shape)
    write_card_and_manifest(folder, manifest)
    return manifest


def _settled(first: FirstPass, spool: Spool | None, job: Job) -> Settled:
    if not first.keys:
        raise OutcomeError(f"nothing came out: {_tally(first.funnel)}")
    keys = first.take_keys()
    with remembered(keys, spool, job) as memory:
        settled = settle(keys.drop(BANDS, strict=False), job.options, memory)
    count_fates(settled.keys, first.funnel)
    first.funnel.check()
    if not first.funnel.kept:
        raise OutcomeError(f"nothing came out: {_tally(first.funnel)}")
    if not first.funnel.splits["train"]:
        raise OutcomeError(
            f"no record for train: only {first.funnel.kept} came through, and the draw put them into dev and test; "
            "use --dev 0 --test 0"
        )
    return settled


def _refuse_bad_outcome(funnel: Funnel, job: Job, folder: Path) -> None:
    """Keep the ledger where the dataset cannot be, so that one can see why."""
    nothing = funnel.made == funnel.rejected_records.total()
    if not nothing and funnel.reject_rate <= job.options.max_reject_rate:
        return
    limit = f"{funnel.reject_rate:.1%} rejected, more than --max-reject-rate {job.options.max_reject_rate:g}"
    raise OutcomeError(
        f"{'nothing came out' if nothing else limit}: {_tally(funnel)}{_kept_ledger(job.target, folder)}"
    )


def _kept_ledger(target: Path, folder: Path) -> str:
    if not (folder / REJECTED).stat().st_size:
        return ""
    ledger = target.with_name(f"{target.name}.{REJECTED}")
    (folder / REJECTED).replace(ledger)
    return f"; see {ledger}"


def _tally(funnel: Funnel) -> str:
    reasons = funnel.rejected_rows + funnel.rejected_records + funnel.not_a_record
    counted = ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common(4))
    return f"{funnel.read:,} rows read" + (f", {counted}" if counted else "")


def _shape(first: FirstPass, options: ConvertOptions) -> Shape:
    if options.shape == "auto":
        return "chat" if first.has_history else "pair"
    if options.shape == "pair" and first.has_history:
        raise OptionError("--shape pair: some records have a history, which content/summary cannot hold; use chat")
    return options.shape
