"""A progress bar on a terminal; on a pipe a line for every log."""

import sys
from collections.abc import Mapping
from time import perf_counter
from typing import Any

import click

from prep.cli.training.lines import log_line


class StepBar:
    """Optimiser steps, with what was logged last."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar: Any = None
        self._first: tuple[int, float] | None = None
        self._steps = 0

    def stepped(self, step: int, steps: int) -> None:
        if steps != self._steps:  # a search of the learning rate is over, and training begins
            self.close()
            self._steps, self._first = steps, (step, perf_counter())
        if self._quiet or not sys.stderr.isatty():
            return
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(total=steps, initial=step - 1, unit="step", leave=False, file=sys.stderr)
        self._bar.update(step - self._bar.n)

    def logged(self, step: int, facts: Mapping[str, float]) -> None:
        if self._quiet or not facts.keys() & {"loss", "eval_loss"}:
            return
        line = log_line(step, self._steps or step, facts, self._seconds_left(step))
        if self._bar is None:
            click.echo(line)
        elif "eval_loss" in facts:
            self.print(line)
        else:
            self._bar.set_postfix_str(line.partition("  ")[2].rpartition("  ")[0], refresh=False)

    def print(self, line: str, *, err: bool = False) -> None:
        """A line that does not tear the bar."""
        if self._bar is None:
            click.echo(line, err=err)
        else:
            self._bar.write(line, file=sys.stderr if err else sys.stdout)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _seconds_left(self, step: int) -> float | None:
        """The first step is left out: it warms up."""
        if self._first is None or step <= self._first[0]:
            return None
        return (perf_counter() - self._first[1]) / (step - self._first[0]) * (self._steps - step)
