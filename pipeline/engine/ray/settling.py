"""The fates of the records that share a hash with another one, settled here by what settles them on one machine.

The others need no settling: they are kept, in the split that their group draws. Where a fate depends on all records
(a sample, counts, strata, times) all of them are settled here.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.arrays import Numbers
from pipeline.engine.ray.memory import Texts, cluster_memory
from pipeline.engine.ray.parts import Part, grouped, parts_in_order
from pipeline.engine.ray.shared import keys_of_lines, shared_lines
from pipeline.engine.ray.stages import Stages
from pipeline.engine.ray.writing import Partition
from pipeline.fates import FATE
from pipeline.job import Job
from pipeline.kept_part import read_part
from pipeline.near.held import Records, read_records
from pipeline.near.memory import Memory, memory_of
from pipeline.options import ConvertOptions
from pipeline.outcome import settled_keys
from pipeline.readers.chunk import OFFSET, ROW
from pipeline.settle import Settled
from pipeline.spill import Spill

_PLACE = ("file", ROW, OFFSET, "record")


@dataclass(frozen=True, slots=True)
class SettledLines:
    """What was settled, and where these records stand among all."""

    settled: Settled
    at: Numbers


def settled_on_cluster(job: Job, parts: list[Part], beside: Path, stages: Stages) -> SettledLines:
    """Find what has to be settled, and settle it; ``beside`` is a folder for the records of other datasets."""
    import ray

    workers = max(1, int(ray.cluster_resources().get("CPU", 1)))
    held = _held(job, beside)
    at = np.arange(parts[-1].end)
    if not _needs_all(job.options):
        with stages.timed("find what is shared"):
            shared = shared_lines(parts, held.keys, workers)
        at = shared if len(shared) else at[:1]  # one too many does no harm, none is no frame
    with stages.timed("gather its keys"):
        keys = keys_of_lines(parts, at, workers)
    stages.count("records", parts[-1].end)
    stages.count("settled records", len(at))
    with stages.timed("settle"):
        both, line = _texts(held, parts, at)
        far = Texts(parts=both, line=line, side=job.options.near_dedup_on, workers=workers, stages=stages)
        return SettledLines(settled_keys(keys, job, _memory(job, held, keys, far, beside.parent)), at)


def _memory(job: Job, held: Records, keys: pl.DataFrame, far: Texts, work: Path) -> Memory | None:
    if job.options.near_dedup is None and not job.options.against:
        return None
    held_keys = held.keys if held.keys.height else keys.clear().with_columns(name=pl.lit("", dtype=pl.String))
    return cluster_memory(memory_of(held_keys, keys, [], job.options, Spill(work, job.memory)), far)


def _texts(held: Records, parts: list[Part], at: Numbers) -> tuple[list[Part], Numbers]:
    """All parts, those of other datasets in front, and the lines in them."""
    before = _parts_of(held)
    begin = before[-1].end if before else 0
    behind = parts_in_order([(part.path, part.file, part.records) for part in parts], begin)
    return [*before, *behind], np.concatenate((np.arange(begin), at + begin))


def _needs_all(options: ConvertOptions) -> bool:
    counts = options.dev >= 1 or options.test >= 1
    return counts or any(each is not None for each in (options.sample, options.stratify, options.split_by))


def _held(job: Job, folder: Path) -> Records:
    if not job.found.held:
        return Records(pl.DataFrame(), [])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return read_records([source.name for source in job.found.held], job.options, job.domain, folder)


def _parts_of(held: Records) -> list[Part]:
    return parts_in_order([(path, 0, read_part(path).height) for path in held.parts])


def partitions(parts: list[Part], lines: SettledLines, size: int) -> Iterator[Partition]:
    """Neighbouring parts with the fates of their settled records."""
    keys = lines.settled.keys
    names = [name for name in (FATE, "kept", "similarity", "detail") if name in keys.columns]
    fates = keys.select(names).with_columns(at=pl.Series(lines.at, dtype=pl.Int64))
    for number, group in enumerate(grouped(parts, size)):
        begin, end = np.searchsorted(lines.at, [group[0].begin, group[-1].end]).tolist()
        mine = fates.slice(begin, end - begin)
        kept = mine["kept"].drop_nulls().unique().sort()
        places = keys.select(_PLACE)[kept.to_list()] if len(kept) else keys.select(_PLACE).clear()
        renamed = pl.DataFrame({"kept": kept, "line": pl.int_range(len(kept), dtype=pl.UInt32, eager=True)})
        mine = mine.join(renamed, on="kept", how="left", maintain_order="left").drop("kept").rename({"line": "kept"})
        yield Partition(number=number, parts=group, fates=mine, kept=places)
