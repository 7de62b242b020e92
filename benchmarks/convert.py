"""How fast ``prep convert`` is: its jobs beside the floor (polars reads and writes the same file), beside the
statistics of what it made, and beside other tools that ``make bench-peers`` installed.

    python -m benchmarks.convert [--records 200000] [--runs 3] [--no-peers]

Every run is a process of its own, start-up included; they take turns, and the medians are compared.
"""

import argparse
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median

from benchmarks.corpus import FOLDER, json_lines, truth
from benchmarks.measure import Measured, machine, run
from benchmarks.peers.registry import PEERS, installed

_FLOOR = "import polars, sys; polars.read_ndjson(sys.argv[1]).write_ndjson(sys.argv[2])"
_LIMITS = ("--min-content", "4", "--max-content", "80", "--min-summary", "20", "--max-summary", "2000")
FLOOR = "floor: polars reads and writes the file"
EXACT = "convert, clean, validate, lengths, exact deduplication, split"
NEAR = "the same with near deduplication"
MAPPED = "columns, validation, split; nothing cleaned"
Job = Callable[[Path], Measured]


def converted(source: Path, *options: str, name: str = "out") -> Measured:
    out = FOLDER / name
    shutil.rmtree(out, ignore_errors=True)
    return run("-m", "prep", "convert", str(source), "--domain", "paper", "--out", str(out), "--json", *options)


def exact(source: Path) -> Measured:
    return converted(source, *_LIMITS)


def near(source: Path) -> Measured:
    return converted(source, *_LIMITS, "--near-dedup", "0.8", name="near")


def _stats(*options: str) -> Job:
    """Of what the exact job made."""
    return lambda _: run("-m", "prep", "stats", str(FOLDER / "out" / "paper"), *options)


JOBS: Mapping[str, Job] = {
    FLOOR: lambda source: run("-c", _FLOOR, str(source), str(FOLDER / "floor.jsonl")),
    EXACT: exact,
    NEAR: near,
    MAPPED: lambda source: converted(source, "--no-clean", name="mapped"),
    "prep stats on characters": _stats("--unit", "chars"),
    "prep stats on characters and words": _stats(),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    arguments = parser.parse_args()
    source = json_lines(arguments.records)
    jobs = {**JOBS, **({} if arguments.no_peers else {peer.about: peer.run for peer in PEERS if installed(peer)})}
    measured: dict[str, list[Measured]] = {name: [] for name in jobs}
    for _ in range(arguments.runs):
        for name in tuple(jobs):
            try:
                measured[name].append(jobs[name](source))
            except subprocess.CalledProcessError as error:
                if name in JOBS:
                    raise
                print(f"{name}: does not run here: {(error.output or str(error)).strip().splitlines()[-1]}")
                del jobs[name], measured[name]
    size = source.stat().st_size / 1e6
    print(f"{arguments.records:,} records, {size:.0f} MB; {machine()}; median of {arguments.runs} runs")
    print("\n".join(_table(arguments.records, measured)))
    print(f"to be kept: {truth(source):,}")


def _table(count: int, measured: Mapping[str, list[Measured]]) -> Iterator[str]:
    yield "| work | seconds | records/s | ratio to the floor | ratio to the whole job | peak memory | kept |"
    yield "|---|---|---|---|---|---|---|"
    seconds = {name: median(each.seconds for each in runs) for name, runs in measured.items()}
    for name, runs in measured.items():
        took, peak = seconds[name], max(each.peak_mib for each in runs)
        ratios = f"{took / seconds[FLOOR]:.2f} | {took / seconds[NEAR]:.2f}"
        yield f"| {name} | {took:.2f} | {count / took:,.0f} | {ratios} | {peak:,.0f} MiB | {_kept(runs[-1])} |"


def _kept(done: Measured) -> str:
    """A job that makes records says how many: in its manifest, or as the last line of its output."""
    last = done.output.strip().rpartition("\n")[2]
    if last.startswith("kept "):
        return last.removeprefix("kept ")
    try:
        records = json.loads(done.output)["records"]
    except (ValueError, KeyError, TypeError):
        return ""
    return f"{sum(records[split] for split in ('train', 'dev', 'test')):,}"


if __name__ == "__main__":
    main()
