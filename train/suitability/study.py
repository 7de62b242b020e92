"""The work itself, in order of what it tells: each dataset's training and own cell, then row by row the others.

Everything is kept as it is made: what was done before is found again; what the time does not suffice for is left out.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from schemas.dataset import PreparedDataset
from schemas.report import LearningCurve
from train.early_end import Interrupted
from train.evaluation.cells import Cells
from train.evaluation.curve import NOT_ASKED, learning_curve, planned_curve
from train.evaluation.elsewhere import items_of, measure_elsewhere
from train.evaluation.measure import measure
from train.evaluation.measurement import Elsewhere, Measurement
from train.evaluation.models import Models
from train.observer import Observer
from train.suitability.clock import Clock, OutOfTime, TimedObserver, TimedWatcher
from train.suitability.setup import Setup
from train.suitability.tuning import Tuning
from train.suitability.watcher import StudyWatcher

OVER = "the budget of time is over; what was measured before is still looked at"
OUT_OF_TIME = LearningCurve(reason="the budget ended before")


class Study:
    """What was measured so far; of what is missing there was no time for it."""

    def __init__(self, setup: Setup, clock: Clock, watcher: StudyWatcher, observer: Observer) -> None:
        self.setup, self._clock, self._told = setup, clock, watcher
        self._watcher, self._observer = TimedWatcher(watcher, clock), TimedObserver(observer, clock)
        self.models: dict[str, Models] = {}
        self.own: dict[str, Measurement] = {}
        self.elsewhere: dict[tuple[str, str], Elsewhere] = {}
        self.curves: dict[str, LearningCurve] = {}
        self._steps, self._count = 0, 0

    def run(self, order: Sequence[Tuning]) -> None:
        """``order`` is that of trainings; one model at a time is in memory."""
        columns = {tuning.name: [*self.setup.elsewhere(tuning)] for tuning in order}
        self._steps, self._count = 0, sum(2 + len(others) + self.setup.settings.curve for others in columns.values())
        for tuning in order:
            with self._as_long_as_there_is_time():
                self._train(tuning)
                self._measure_own(tuning)
        measured = [tuning for tuning in order if tuning.name in self.own]
        for tuning in measured:
            with self._loaded(tuning):
                for other in columns[tuning.name]:
                    with self._as_long_as_there_is_time():
                        self._measure_elsewhere(tuning, other)
        for tuning in measured:
            self.curves[tuning.name] = OUT_OF_TIME if self.setup.settings.curve else NOT_ASKED
            if self.setup.settings.curve:
                with self._as_long_as_there_is_time(), self._loaded(tuning):
                    self.curves[tuning.name] = self._curve(tuning)

    def tested(self, row: str, column: PreparedDataset) -> Elsewhere | None:
        """A cell of the matrix: base and tuned model on the same items; None where it was not measured."""
        if row != column.name:
            return self.elsewhere.get((row, column.name))
        own = self.own.get(row)
        return None if own is None else _like_elsewhere(own, items_of(column, self.setup.settings).numbers)

    def missing(self, tuning: Tuning) -> list[str]:
        """The other columns that were not reached."""
        return [other.name for other in self.setup.elsewhere(tuning) if (tuning.name, other.name) not in self.elsewhere]

    def _train(self, tuning: Tuning) -> None:
        self._reach(f"{self.setup.called(tuning.name)}: training")
        if not tuning.is_there:
            self._clock.check()
            tuning.train(self._observer)

    def _measure_own(self, tuning: Tuning) -> None:
        self._reach(f"{self.setup.called(tuning.name)}, tested on its own")
        models = self.setup.models(tuning, self._watcher)
        self.models[tuning.name] = models
        with self._loaded(tuning):
            self.own[tuning.name] = measure(
                models, tuning.dataset, (), self.setup.settings, cells=self._cells(models), watcher=self._watcher
            )

    def _measure_elsewhere(self, tuning: Tuning, other: PreparedDataset) -> None:
        self._reach(f"{self.setup.called(tuning.name)}, tested on {other.name}")
        models = self.models[tuning.name]
        asked = models.tuned.asking if models.tuned and self.setup.is_at_home(tuning, other) else None
        self.elsewhere[tuning.name, other.name] = measure_elsewhere(
            models, other, self.setup.settings, self._cells(models), asked=asked
        )

    def _curve(self, tuning: Tuning) -> LearningCurve:
        self._reach(f"{self.setup.called(tuning.name)}: learning curve")
        return learning_curve(
            planned_curve(tuning.folder, tuning.dataset, self.setup.evaluations),
            self.own[tuning.name].asked,
            self.models[tuning.name],
            self._cells,
            watcher=self._watcher,
            observer=self._observer,
            seed=self.setup.settings.seed,
        )

    def _reach(self, what: str) -> None:
        self._steps += 1
        self._told.reached(what, self._steps, self._count)

    def _cells(self, models: Models) -> Cells:
        return Cells(self.setup.cells, models, self._watcher, batch_size=self.setup.settings.batch_size)

    @contextmanager
    def _loaded(self, tuning: Tuning) -> Iterator[None]:
        try:
            yield
        finally:
            self.models[tuning.name].release()

    @contextmanager
    def _as_long_as_there_is_time(self) -> Iterator[None]:
        try:
            yield
        except OutOfTime:
            self._watcher.note(OVER)
        except Interrupted:
            if not self._clock.is_over:
                raise
            self._watcher.note(OVER)


def _like_elsewhere(own: Measurement, numbers: Sequence[int]) -> Elsewhere:
    """Of the items that other models are tested on too."""
    places = {number: place for place, number in enumerate(own.items.numbers)}
    chosen = np.array([places[number] for number in numbers])
    return Elsewhere(base=own.bits["bare"][chosen], tuned=own.bits["tuned"][chosen], characters=own.characters[chosen])
