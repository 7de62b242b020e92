"""What a record costs as the corpus grows: the whole job, with and without near duplicates, on ever more records.

    python -m benchmarks.scaling [--records 50000 200000 1000000 4000000] [--runs 1] [--plot docs/scaling.png]

Time per record is that of the whole process; start-up counts, so that small corpora look dearer.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.convert import exact, near
from benchmarks.corpus import json_lines
from benchmarks.measure import Measured, machine

JOBS: dict[str, Callable[[Path], Measured]] = {"exact deduplication": exact, "near deduplication": near}


@dataclass(frozen=True, slots=True)
class Point:
    job: str
    records: int
    seconds: float
    cpu_seconds: float
    peak_mib: float

    @property
    def microseconds(self) -> float:
        """Per record."""
        return self.seconds / self.records * 1e6


def main() -> None:
    """Print the table and draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=[50_000, 200_000, 1_000_000, 4_000_000])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    print(f"{machine()}; median of {arguments.runs} runs", flush=True)
    points = [point for count in arguments.records for point in _points(count, arguments.runs)]
    print("\n".join(_table(points)))
    if arguments.plot is not None:
        _draw(points, arguments.plot)


def _points(count: int, runs: int) -> Iterator[Point]:
    source = json_lines(count)
    for name, job in JOBS.items():
        done = [job(source) for _ in range(runs)]
        seconds, cpu = median(each.seconds for each in done), median(each.cpu_seconds for each in done)
        yield Point(name, count, seconds, cpu, max(each.peak_mib for each in done))


def _table(points: Sequence[Point]) -> Iterator[str]:
    yield "| job | records | seconds | µs a record | processor, µs a record | peak memory |"
    yield "|---|---:|---:|---:|---:|---:|"
    for each in sorted(points, key=lambda point: (list(JOBS).index(point.job), point.records)):
        cpu = each.cpu_seconds / each.records * 1e6
        times = f"{each.seconds:.1f} | {each.microseconds:.1f} | {cpu:.1f}"
        yield f"| {each.job} | {each.records:,} | {times} | {each.peak_mib:,.0f} MiB |"


def _draw(points: Sequence[Point], path: Path) -> None:
    import logging

    import matplotlib as mpl

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
    for job in JOBS:
        mine = [point for point in points if point.job == job]
        axes.plot([point.records for point in mine], [point.microseconds for point in mine], marker="o", label=job)
    axes.set(xscale="log", xlabel="records", ylabel="microseconds a record")
    axes.set_ylim(bottom=0)
    axes.legend()
    figure.savefig(path, dpi=100)


if __name__ == "__main__":
    main()
