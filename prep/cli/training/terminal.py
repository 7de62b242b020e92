"""The observer at the terminal."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prep.cli.training.bar import StepBar
from prep.cli.training.lines import example_lines, named, plan_lines, size, took_lines

if TYPE_CHECKING:
    from schemas.run import Run
    from train.encoding.report import WholeExample
    from train.learning_rate import LearningRates
    from train.plan import Plan

_PIPE_WIDTH = 100
_WIDEST = 120
_CURVE = 80


class Terminal:
    """Tables on standard output, notes and the bar on standard error; ``quiet`` leaves the notes alone."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar = StepBar(quiet=quiet)

    def note(self, line: str) -> None:
        self._bar.print(f"note: {line}", err=True)

    def encoded(self, example: "WholeExample", shares: Mapping[str, str]) -> None:
        self._show(example_lines(example, shares, _width()))

    def planned(self, plan: "Plan") -> None:
        self._show(plan_lines(plan, _width()))

    def stepped(self, step: int, steps: int) -> None:
        self._bar.stepped(step, steps)

    def logged(self, step: int, facts: Mapping[str, float]) -> None:
        self._bar.logged(step, facts)

    def searched(self, found: "LearningRates", picture: Path) -> None:
        self.close()
        self._show(search_lines(found, picture, _width()))

    def finished(self, run: "Run") -> None:
        self.close()
        self._show(result_lines(run, _width()))

    def close(self) -> None:
        self._bar.close()

    def _show(self, lines: Iterator[str]) -> None:
        if not self._quiet:
            for number, line in enumerate(lines):
                click.echo(_heading(line) if number == 0 and ":" in line else line)
            click.echo()


def search_lines(found: "LearningRates", picture: Path, width: int) -> Iterator[str]:
    """The loss by learning rate, and what is suggested."""
    from train.dots import curve_text

    points = list(zip(found.rates, found.smoothed, strict=True))
    yield curve_text(points, width=min(width, _CURVE), height=8, across="loss by learning rate", log=True)
    yield from named("learning rate", f"{found.suggestion:.2g}, where the loss falls fastest ({picture})", width)


def result_lines(run: "Run", width: int) -> Iterator[str]:
    """The curve, the files, and the commands that come next."""
    from schemas.run import CURVE, LOG
    from train.callbacks.log import read_log
    from train.curve import losses_text
    from train.scored import score_lines

    rows = read_log(run.path / LOG)
    if rows:
        yield losses_text(rows, width=min(width, _CURVE))
    if (run.path / CURVE).is_file():
        yield from named("curve", str(run.path / CURVE), width)
    for line in score_lines(run.facts.get("scores", {})):
        yield from named("answers", line, width)
    yield from took_lines(run.facts, width)
    adapter = sum(path.stat().st_size for path in run.adapter.rglob("*") if path.is_file())
    yield from named("trained", f"{run.adapter}, {size(adapter)}", width)
    yield from named("next", f"prep chat --run {run.path}", width)
    if run.facts.get("data", {}).get("dataset"):
        yield from named("", f"prep generate --run {run.path}", width)


def _width() -> int:
    return min(shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns, _WIDEST)


def _heading(line: str) -> str:
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return line
    head, colon, rest = line.partition(":")
    return click.style(head, bold=True) + colon + rest
