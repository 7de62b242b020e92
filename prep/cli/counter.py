"""How far an evaluation is: a bar on a terminal, a line a cell on a pipe; always on standard error."""

import sys
import time
from typing import Any

import click

_SECONDS = 30
"""Between two lines of one cell where there is no terminal."""


class Counter:
    """Fulfils ``train.evaluation.watcher.Watcher``; ``quiet`` leaves the notes alone."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar: Any = None
        self._cell, self._total, self._done, self._said = "", 0, 0, time.monotonic()

    def note(self, line: str) -> None:
        self.close()
        click.echo(f"note: {line}", err=True)

    def started(self, cell: str, total: int, done: int) -> None:
        self.close()
        self._cell, self._total, self._done, self._said = cell, total, done, time.monotonic()
        if sys.stderr.isatty() and not self._quiet:
            from tqdm import tqdm

            self._bar = tqdm(total=total, initial=done, desc=cell, unit=" items", leave=False, file=sys.stderr)

    def advanced(self, items: int) -> None:
        self._done += items
        if self._bar is not None:
            self._bar.update(items)
        elif time.monotonic() - self._said >= _SECONDS and not self._quiet:
            self._said = time.monotonic()
            click.echo(f"{self._cell}: {self._done:,} of {self._total:,}", err=True)

    def finished(self, cell: str, *, is_new: bool) -> None:
        self.close()
        if is_new and not self._quiet:
            click.echo(f"{cell}: {self._total:,} items", err=True)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
