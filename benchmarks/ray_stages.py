"""What every stage of ``--engine ray`` costs a record on a local cluster, and what 1 TB would take on machines of it.

``python -m benchmarks.ray_stages --records 400000``: the made-up corpus in several files, near duplicates and all.
"""

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psutil

from benchmarks.corpus import drawn
from benchmarks.measure import machine
from pipeline.convert import convert_sources
from pipeline.engine.ray.cluster import connected
from pipeline.engine.ray.engine import RayEngine
from pipeline.engine.ray.shared import ENTRY_BYTES
from pipeline.engine.ray.stages import Stages
from pipeline.near.banding import banding_for
from pipeline.options import ConvertOptions
from pipeline.rules.rule import RuleOptions
from schemas.limits import LengthLimits

_FILES = 16
_THRESHOLD = 0.8
_ALONE = ("settle", "join")
"""What the machine does alone where the command was given."""
_TERABYTE = 10**12
_UTF8 = 3
"""Bytes of a Chinese character."""
_CORES, _GIGABITS = 16, 10
"""Of a machine in the computation."""


class Measured(NamedTuple):
    """One conversion."""

    records: int
    size: int
    seconds: Mapping[str, float]
    counts: Mapping[str, int]

    def moved(self) -> dict[str, int]:
        """Bytes that go from one worker to another, by stage."""
        entries = self.records * ENTRY_BYTES * (3 + banding_for(_THRESHOLD).bands)
        texts = _UTF8 * self.counts.get("moved characters", 0)
        return {"read and convert": self.size, "find what is shared": entries, "compare": texts}


class Cost(NamedTuple):
    """Of one record, in one stage."""

    seconds: float
    """Of a core at work, whoever else works on the machine."""
    moved: float
    is_alone: bool


def main() -> None:
    """Measure, print the table and the computation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=400_000)
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    with connected(None, asked.cores):
        _measured(asked.records // 20)  # so that the workers are there, with all that they load
        small, large = _measured(asked.records // 4), _measured(asked.records)
    print(f"{machine()}; {large.records:,} records, {large.size / 2**20:,.0f} MiB, {asked.cores} workers\n")
    costs = {name: _cost(name, small, large) for name in large.seconds}
    _print_stages(costs, large)
    share = large.counts["settled records"] / large.counts["records"]
    pairs = large.counts.get("compared pairs", 0)
    print(f"\nsettled where the command was given: {share:.1%} of the records; {pairs:,} pairs compared")
    _print_terabyte(costs, large.size / large.records)


def _cost(name: str, small: Measured, large: Measured) -> Cost:
    """What more records take more: starting is no part of it."""
    seconds = max(0.0, large.seconds[name] - small.seconds.get(name, 0.0)) / (large.records - small.records)
    return Cost(seconds, large.moved().get(name, 0) / large.records, name in _ALONE)


def _measured(records: int) -> Measured:
    with TemporaryDirectory() as folder:
        size = _write_corpus(Path(folder), records)
        engine = _convert(Path(folder))
    seconds = engine.stages.seconds
    seconds["settle"] -= seconds.get("compare", 0.0)
    return Measured(records, size, seconds, engine.stages.counts)


def _write_corpus(folder: Path, records: int) -> int:
    paths = [folder / f"patents-{number:02d}.jsonl" for number in range(_FILES)]
    streams = [path.open("w", encoding="utf-8") for path in paths]
    for number, each in enumerate(drawn(records)):
        streams[number * _FILES // records].write(json.dumps(each.record, ensure_ascii=False) + "\n")
    for stream in streams:
        stream.close()
    return sum(path.stat().st_size for path in paths)


def _convert(folder: Path) -> RayEngine:
    engine = RayEngine(connect=lambda: None, stages=Stages(clock=_core_seconds))
    rules = RuleOptions(summary=LengthLimits(minimum=20))
    options = ConvertOptions(domain="patent", near_dedup=_THRESHOLD, rules=rules)
    convert_sources([str(folder)], options, out=folder / "data", engine=engine)
    return engine


def _core_seconds() -> float:
    """Of this process and of all that Ray started."""
    here = psutil.Process()
    times = [process.cpu_times() for process in (here, *here.children(recursive=True)) if process.is_running()]
    return float(sum(time.user + time.system for time in times))


def _print_stages(costs: Mapping[str, Cost], large: Measured) -> None:
    print("| stage | where | core seconds | core µs a record more | bytes moved a record |")
    print("|---|---|---|---|---|")
    for name, cost in costs.items():
        where = "here" if cost.is_alone else "cluster"
        print(f"| {name} | {where} | {large.seconds[name]:.2f} | {cost.seconds * 1e6:.1f} | {cost.moved:,.0f} |")


def _print_terabyte(costs: Mapping[str, Cost], record_bytes: float) -> None:
    records = _TERABYTE / record_bytes
    print(f"\n1 TB is {records:,.0f} such records; machines of {_CORES} cores and {_GIGABITS} Gbit/s\n")
    print("| machines | on all cores | moved between them | alone, where the command was given | together |")
    print("|---|---|---|---|---|")
    for machines in (10, 100):
        shared = records * sum(cost.seconds for cost in costs.values() if not cost.is_alone) / (machines * _CORES)
        network = records * sum(cost.moved for cost in costs.values()) / (machines * _GIGABITS * 1e9 / 8)
        alone = records * sum(cost.seconds for cost in costs.values() if cost.is_alone)
        parts = (f"{part / 3600:.2f} h" for part in (shared, network, alone, shared + network + alone))
        print(f"| {machines} | {' | '.join(parts)} |")


if __name__ == "__main__":
    main()
