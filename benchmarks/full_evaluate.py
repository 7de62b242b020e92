"""``prep evaluate`` at full size, every step with its time and its peak memory on the graphics card.

python -m benchmarks.random_checkpoint /tmp/chatglm-6b --vocabulary tiny
python -m benchmarks.full_evaluate /tmp/chatglm-6b [--method p_tuning_v2] [--items 200] [--batch-size 16]

A run of some steps on made-up texts is evaluated on them and on a second dataset, with all that an evaluation does.
Of random weights the scores mean nothing, and no answer ends before its limit: times are those of the worst case.
"""

import argparse
import json
import platform
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
import transformers

import prep
from benchmarks.corpus import FOLDER, records
from schemas.dataset import PreparedDataset
from schemas.report import SuitabilityReport
from schemas.run import Run

GIB = 2**30
DEV = 500
HEAD = ("step", "items", "seconds", "items/s", "peak")


@dataclass(frozen=True, slots=True)
class Step:
    """What took time."""

    name: str
    items: int
    seconds: float
    peak_bytes: int

    @property
    def cells(self) -> tuple[str, ...]:
        rate = f"{self.items / self.seconds:.1f}" if self.items and self.seconds else ""
        peak = f"{self.peak_bytes / GIB:.1f} GiB" if self.peak_bytes else ""
        return self.name, f"{self.items:,}" if self.items else "", f"{self.seconds:.1f}", rate, peak


class Clock:
    """Fulfils ``train.evaluation.watcher.Watcher``: what lies between two cells is a step of its own."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._items = 0
        self._begin()

    def note(self, line: str) -> None:
        print(f"note: {line}", flush=True)

    def started(self, cell: str, total: int, done: int) -> None:
        self.end(f"before {cell.partition(',')[0]}")
        self._items = total - done

    def advanced(self, items: int) -> None:
        """Cells are timed as wholes."""

    def finished(self, cell: str, *, is_new: bool) -> None:
        if is_new:
            self.end(cell, self._items)

    def end(self, name: str, items: int = 0) -> None:
        peak = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
        self.steps.append(Step(name, items, perf_counter() - self._began, peak))
        self._begin()

    def _begin(self) -> None:
        self._began = perf_counter()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()


def made_up(place: Path, name: str, *, train: int, dev: int, test: int, seed: int) -> PreparedDataset:
    """Titles and abstracts, converted as anyone's would be."""
    source = place / f"{name}.jsonl"
    spare = 1.5  # what is too short, or a duplicate, is left out
    with source.open("w", encoding="utf-8") as file:
        for record in records(int(spare * (train + dev + test)), seed):
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    options = {"min_summary": 20, "dev": dev, "test": test, "sample": train + dev + test}
    return prep.convert(source, domain="paper", out=place / "data", name=name, overwrite=True, **options)


def measure(
    checkpoint: str, place: Path, clock: Clock, *, train: int, items: int, steps: int, batch_size: int, **recipe: Any
) -> SuitabilityReport:
    """Train some steps, and evaluate; whatever was measured in the place before is measured anew."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    own = made_up(place, "own", train=train, dev=min(items, DEV), test=items, seed=7)
    other = made_up(place, "other", train=16, dev=2, test=items, seed=8)
    clock.end("made-up texts, converted")
    run = _trained(own, checkpoint, place, steps, **recipe)
    clock.end(f"training, {steps} steps", 0)
    others, out = [other], place / "evaluations"
    report = prep.evaluate(run, own, others=others, out=out, batch_size=batch_size, other_items=items, watcher=clock)
    clock.end("scores, bootstrap of 10,000, verdict, pages")
    return report


def _trained(own: PreparedDataset, checkpoint: str, place: Path, steps: int, **recipe: Any) -> Run:
    quiet: dict[str, Any] = {"do_eval": False, "report_to": "none", "save_strategy": "no", "health_guard": False}
    return prep.train(own, model=checkpoint, out=str(place / "runs"), name="run", max_steps=steps, **quiet, **recipe)


def lines(steps: Sequence[Step]) -> Iterator[str]:
    """The table, with a sum below; steps that take no tenth of a second are part of the sum only."""
    yield f"| {' | '.join(HEAD)} |"
    yield "|---|" + "---:|" * (len(HEAD) - 1)
    for step in steps:
        if step.items or step.seconds >= 0.1:
            yield f"| {' | '.join(step.cells)} |"
    whole = Step("all", 0, sum(step.seconds for step in steps), max(step.peak_bytes for step in steps))
    yield f"| {' | '.join(whole.cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint")
    parser.add_argument("--method", default="p_tuning_v2")
    parser.add_argument("--train", type=int, default=2000, help="Training records, among which examples are found.")
    parser.add_argument("--items", type=int, default=200, help="Of the test split, and of the other dataset.")
    parser.add_argument("--steps", type=int, default=10, help="Of the training.")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--max-source-length", type=int, default=512)
    parser.add_argument("--max-target-length", type=int, default=128)
    parser.add_argument("--place", type=Path, default=FOLDER / "evaluate", help="Emptied before.")
    given = vars(parser.parse_args())
    clock = Clock()
    report = measure(given.pop("checkpoint"), given.pop("place"), clock, **given)
    print(
        f"{report.device}, torch {torch.__version__}, transformers {transformers.__version__}, Python "
        f"{platform.python_version()}; limits {given['max_source_length']} | {given['max_target_length']}, batches of "
        f"{given['batch_size']}"
    )
    print(report.stands_for_itself)
    print("\n".join(lines(clock.steps)))


if __name__ == "__main__":
    main()
