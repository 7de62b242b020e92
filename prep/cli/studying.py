"""What ``prep suitability`` shows before it starts, and how far it is."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.stats.terminal import display_width, pad
from prep.cli.counter import Counter
from prep.cli.training.bar import StepBar
from prep.cli.training.lines import duration, size

if TYPE_CHECKING:
    from schemas.run import Run
    from train.encoding.report import WholeExample
    from train.learning_rate import LearningRates
    from train.plan import Plan
    from train.suitability.plan import PlannedTraining, SuitabilityPlan


class Steps(Counter):
    """A line a training and a cell of the matrix on standard error; ``quiet`` leaves the notes alone."""

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__(quiet=quiet)
        self._quiet_steps = quiet
        self._noted: set[str] = set()
        self.trainings = Trainings(self)

    def note(self, line: str) -> None:
        """Each line once: every dataset has the same to say of the model."""
        if line not in self._noted:
            self._noted.add(line)
            super().note(line)

    def reached(self, what: str, number: int, count: int) -> None:
        self.close()
        if not self._quiet_steps:
            click.echo(f"{number}/{count}  {what}", err=True)

    def finished(self, cell: str, *, is_new: bool) -> None:
        """A cell of the matrix is made of many."""
        super().close()

    def close(self) -> None:
        super().close()
        self.trainings.close()


class Trainings:
    """Fulfils ``train.observer.Observer``: a bar on a terminal, a line at the end."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._bar = StepBar(quiet=not sys.stderr.isatty())

    def note(self, line: str) -> None:
        self._steps.note(line)

    def encoded(self, example: "WholeExample", shares: Mapping[str, str]) -> None:
        pass

    def planned(self, plan: "Plan") -> None:
        pass

    def stepped(self, step: int, steps: int) -> None:
        self._bar.stepped(step, steps)

    def logged(self, step: int, facts: Mapping[str, float]) -> None:
        self._bar.logged(step, facts)

    def searched(self, found: "LearningRates", picture: Path) -> None:
        self.close()

    def finished(self, run: "Run") -> None:
        self.close()

    def close(self) -> None:
        self._bar.close()


def plan_lines(plan: "SuitabilityPlan", budget: str | None) -> Iterator[str]:
    """A line a dataset, and the sum."""
    own = {cell.row: cell for cell in plan.cells if cell.row == cell.column}
    rows = [("dataset", "training", "own cell", "other cells")]
    for training in plan.trainings:
        name = training.dataset
        others = [cell for cell in plan.cells if cell.row == name != cell.column]
        waiting = [cell for cell in others if cell.lists]
        rows.append(
            (
                name,
                _training(training),
                _measured(own[name].lists, own[name].seconds) if name in own else "unknown",
                _measured(len(waiting), sum(cell.seconds for cell in waiting)) if others or name in own else "unknown",
            )
        )
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(pad(cell, width, left=True) for cell, width in zip(row, widths, strict=True)).rstrip()
    if plan.parts:
        waiting_parts = [part for part in plan.parts if not part.is_there]
        yield f"learning curves: {len(waiting_parts)} trainings on parts, about {duration(_seconds(waiting_parts))}"
    yield from _sum(plan, budget)


def _sum(plan: "SuitabilityPlan", budget: str | None) -> Iterator[str]:
    trainings = sum(not each.is_there for each in plan.trainings)
    cells = sum(bool(cell.lists) for cell in plan.cells)
    read, written = (sum(getattr(cell, name) for cell in plan.cells) for name in ("tokens", "most_new_tokens"))
    yield f"{trainings} trainings and {cells} cells: {read:,} tokens of prompts to read, {written:,} to write at most"
    yield f"about {duration(plan.seconds)} and {size(plan.bytes)} on the disk, estimated"
    if budget is not None:
        yield f"of which as much is done as --budget {budget} allows; the same command goes on from there"


def _training(training: "PlannedTraining") -> str:
    if training.is_there:
        return f"there: {training.run}"
    return f"{training.steps:,} steps, about {duration(training.seconds)}"


def _measured(count: int, seconds: float) -> str:
    return f"{count} to measure, about {duration(seconds)}" if count else "there"


def _seconds(trainings: "list[PlannedTraining]") -> float:
    return sum(each.seconds for each in trainings)
