"""How fast ``prep convert`` is: the whole job beside the floor, which is polars reading and writing the same file.

    python -m benchmarks.convert [--records 200000] [--runs 3]

Every run is a process of its own, start-up included; the two take turns, and the medians are compared.
"""

import argparse
import json
import shutil
from pathlib import Path
from statistics import median

from benchmarks.corpus import FOLDER, json_lines
from benchmarks.measure import Measured, machine, run

_FLOOR = "import polars, sys; polars.read_ndjson(sys.argv[1]).write_ndjson(sys.argv[2])"
_OPTIONS = ("--min-content", "4", "--max-content", "80", "--min-summary", "20", "--max-summary", "2000")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    source = json_lines(arguments.records)
    floors, jobs = [], []
    for _ in range(arguments.runs):
        floors.append(run("-c", _FLOOR, str(source), str(FOLDER / "floor.jsonl")))
        jobs.append(_convert(source))
    _print(arguments.records, source, floors, jobs)


def _convert(source: Path) -> Measured:
    out = FOLDER / "out"
    shutil.rmtree(out, ignore_errors=True)
    return run("-m", "prep", "convert", str(source), "--domain", "paper", "--out", str(out), "--json", *_OPTIONS)


def _print(count: int, source: Path, floors: list[Measured], jobs: list[Measured]) -> None:
    floor, job = median(each.seconds for each in floors), median(each.seconds for each in jobs)
    kept = json.loads(jobs[-1].output)["records"]
    print(f"{count:,} records, {source.stat().st_size / 1e6:.0f} MB; {machine()}; median of {len(jobs)} runs")
    print("| work | seconds | records/s | ratio to the floor | peak memory |")
    print("|---|---|---|---|---|")
    print(f"| floor: polars reads and writes the file | {floor:.2f} | {count / floor:,.0f} | 1.00 | {_peak(floors)} |")
    print(
        f"| convert, clean, validate, lengths, exact deduplication, split | {job:.2f} | {count / job:,.0f} "
        f"| {job / floor:.2f} | {_peak(jobs)} |"
    )
    print(f"kept: train {kept['train']:,}, dev {kept['dev']:,}, test {kept['test']:,}")


def _peak(measured: list[Measured]) -> str:
    return f"{max(each.peak_mib for each in measured):.0f} MiB"


if __name__ == "__main__":
    main()
