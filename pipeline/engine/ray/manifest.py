"""The manifest of a dataset that a cluster made, the same as the local one: what is counted there is added up here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.engine.ray.writing import LENGTHS, Written
from pipeline.first_pass import FirstPass
from pipeline.job import Job
from pipeline.manifest import manifest_of
from pipeline.near.leakage import NOTHING_NEAR, SAME
from pipeline.publish import LENGTH_NAMES, SHARES
from pipeline.settle import Settled
from schemas.dataset import SPLITS
from schemas.records import Shape


def whole_manifest(
    job: Job, first: FirstPass, settled: Settled, written: Sequence[Written], shape: Shape
) -> dict[str, Any]:
    """Of all records: those that were settled together, and those that each partition settled alone."""
    manifest = manifest_of(job, first, settled, shape)
    records = manifest["records"]
    counts: dict[str, Counter[int]] = {name: Counter() for name in LENGTHS}
    for each in written:
        for name, lengths in each.lengths.items():
            counts[name].update(lengths)
    manifest["lengths"] = {name: _summary(counts[column]) for name, column in LENGTH_NAMES.items()}
    has_bands = job.options.near_dedup is not None
    manifest["leakage"] = _certificate(settled.leakage, records, has_bands=has_bands)
    return manifest


def _certificate(found: Mapping[str, Any], records: Mapping[str, int], *, has_bands: bool) -> dict[str, Any]:
    """What shares no hash with another record leaks nothing, but counts."""
    clean = {**dict.fromkeys(SAME, 0), "shared_first_questions": 0, **(NOTHING_NEAR if has_bands else {})}
    held = [split for split in SPLITS[1:] if records[split]]
    return {split: {**found.get(split, {"records": 0, **clean}), "records": records[split]} for split in held}


def _summary(counts: Counter[int]) -> dict[str, float]:
    """As of the values themselves, in their order."""
    values = np.array(sorted(counts), dtype=np.int64)
    ends = np.cumsum([counts[int(value)] for value in values])
    total = int(ends[-1])
    ranks = {name: max(-(-int(share * 100) * total // 100) - 1, 0) for name, share in SHARES.items()}
    at = {name: int(values[np.searchsorted(ends, rank, side="right")]) for name, rank in ranks.items()}
    mean = sum(value * count for value, count in counts.items()) / total
    return {"min": int(values[0]), **at, "max": int(values[-1]), "mean": round(mean, 2)}
