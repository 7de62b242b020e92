"""The second pass: what was remembered of all records is settled, and parts and fates become the dataset."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.append.base import FILES
from pipeline.append.files import begin_files
from pipeline.append.grow import grown
from pipeline.append.state import hashes_of_files, why_not, write_state
from pipeline.first_pass import FirstPass
from pipeline.job import Job
from pipeline.manifest import manifest_of
from pipeline.near.banding import BANDS
from pipeline.near.held import remembered
from pipeline.outcome import require_records, settled_keys, shape_of, tables_of, tally
from pipeline.publish import count_fates, write_card_and_manifest, write_origins, write_splits
from pipeline.settle import Settled
from pipeline.spool import Spool
from schemas.errors import OutcomeError


def settle_all(first: FirstPass, spool: Spool | None, job: Job) -> Settled:
    """The fates of all records, counted in the funnel; raises OutcomeError where nothing is left to train on."""
    if not first.keys:
        raise OutcomeError(f"nothing came out: {tally(first.funnel)}")
    keys = first.take_keys()
    with remembered(keys, spool, job) as memory:
        keys = keys.drop(BANDS, strict=False)  # those on disk are mapped no longer
        settled = settled_keys(keys, job, memory)
    count_fates(settled.keys, first.funnel)
    require_records(first.funnel)
    return settled


def write_dataset(folder: Path, job: Job, first: FirstPass, spool: Spool) -> Mapping[str, Any]:
    """Everything that belongs to the dataset; gives its manifest."""
    settled = settle_all(first, spool, job)
    shape, tables = shape_of(first, job.options), tables_of(job)
    if job.base is not None:
        begin_files(folder, job.base, settled.keys, tables["file"], shape)
    with ThreadPoolExecutor(1) as beside:
        known = beside.submit(_write_what_is_known, folder, job, settled.keys, spool)
        made = beside.submit(manifest_of, job, first, settled, shape)
        hashes = write_splits(folder, spool, settled.keys, tables, shape)
        known.result()
    manifest = grown(made.result(), job.base, settled)
    manifest[FILES] = hashes_of_files(folder, hashes)
    write_card_and_manifest(folder, manifest)
    return manifest


def _write_what_is_known(folder: Path, job: Job, keys: pl.DataFrame, spool: Spool) -> None:
    """Of the records, beside their texts."""
    write_origins(folder, keys)
    if not why_not(job.options):
        write_state(folder, spool, keys, None if job.base is None else job.base.folder)
