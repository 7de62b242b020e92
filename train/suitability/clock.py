"""A budget of time: when it is over, whatever runs is stopped as Ctrl-C would stop it, and nothing new begins."""

import re
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from schemas.errors import OptionError
from train.evaluation.watcher import Watcher
from train.observer import Observer
from train.processes import Processes

if TYPE_CHECKING:
    from schemas.run import Run
    from train.encoding.report import WholeExample
    from train.learning_rate import LearningRates
    from train.plan import Plan

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "min": 60, "s": 1}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(d|h|min|m|s)\s*", re.IGNORECASE)


class OutOfTime(Exception):
    """What was begun is kept, and goes on with the next budget."""


class Clock:
    """Runs from its making on."""

    def __init__(self, seconds: float | None = None) -> None:
        """None: there is time for everything."""
        self.seconds = seconds
        self._end = None if seconds is None else monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return self._end is not None and monotonic() >= self._end

    def check(self) -> None:
        if self.is_over:
            raise OutOfTime


def clock_of(budget: str | None) -> Clock:
    """Of ``--budget``; None: there is time for everything."""
    return Clock(None if budget is None else seconds_of(budget))


def seconds_of(budget: str) -> float:
    """``6h``, ``90min``, ``1h30m``, ``1.5h``; raises OptionError for what is no time."""
    parts = _PART.findall(budget)
    if not parts or _PART.sub("", budget).strip():
        raise OptionError(f"--budget {budget}: expected a time such as 6h, 90min or 1h30m")
    return sum(float(number) * _UNITS[unit.lower()] for number, unit in parts)


class TimedWatcher:
    """Stops a cell when the time is over; what it measured so far is kept."""

    def __init__(self, watcher: Watcher, clock: Clock) -> None:
        self._watcher, self._clock = watcher, clock
        self._said: set[str] = set()

    def note(self, line: str) -> None:
        """Each line once: the same datasets are looked at again and again."""
        if line not in self._said:
            self._said.add(line)
            self._watcher.note(line)

    def started(self, cell: str, total: int, done: int) -> None:
        self._clock.check()
        self._watcher.started(cell, total, done)

    def advanced(self, items: int) -> None:
        self._watcher.advanced(items)
        self._clock.check()

    def finished(self, cell: str, *, is_new: bool) -> None:
        self._watcher.finished(cell, is_new=is_new)


class TimedObserver:
    """Asks a training to stop when the time is over; it leaves a checkpoint.

    Several processes that train together would stop at different steps, and wait for each other: what they began they
    finish.
    """

    def __init__(self, observer: Observer, clock: Clock) -> None:
        self._observer, self._clock = observer, clock
        self._has_asked = False
        self._can_ask = Processes.here().count == 1

    def note(self, line: str) -> None:
        if not self._has_asked:
            self._observer.note(line)

    def encoded(self, example: "WholeExample", shares: Mapping[str, str]) -> None:
        self._observer.encoded(example, shares)

    def planned(self, plan: "Plan") -> None:
        self._observer.planned(plan)

    def stepped(self, step: int, steps: int) -> None:
        self._observer.stepped(step, steps)
        if self._can_ask and self._clock.is_over and step < steps and not self._has_asked:
            self._has_asked = True
            _ask_to_stop()

    def logged(self, step: int, facts: Mapping[str, float]) -> None:
        self._observer.logged(step, facts)

    def searched(self, found: "LearningRates", picture: Path) -> None:
        self._observer.searched(found, picture)

    def finished(self, run: "Run") -> None:
        self._observer.finished(run)


def _ask_to_stop() -> None:
    """A training listens to signals where it runs in the main thread, and nowhere else."""
    if threading.current_thread() is not threading.main_thread():
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)
