"""A training of an experiment, as whoever watches the experiment sees it."""

from train.evaluation.watcher import Watcher
from train.observer import Silent
from train.plan import Plan


class Training(Silent):
    """Steps are told as the items of a cell are."""

    def __init__(self, name: str, watcher: Watcher) -> None:
        self._name, self._watcher = f"{name}: training, steps", watcher
        self._done = 0
        self._steps = 0

    def note(self, line: str) -> None:
        self._watcher.note(line)

    def planned(self, plan: Plan) -> None:
        self._steps = plan.max_steps

    def stepped(self, step: int, steps: int) -> None:
        if not self._done:
            self._watcher.started(self._name, steps, step - 1)
            self._done = step - 1
        self._watcher.advanced(step - self._done)
        self._done = step
        if step == steps:
            self._watcher.finished(self._name, is_new=True)
