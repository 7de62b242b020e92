"""A budget of time: read, kept, and a training that is stopped by it."""

from pathlib import Path

import pytest

from schemas.errors import OptionError
from tests.train.runs import recipe, trained
from train.early_end import Interrupted
from train.evaluation.watcher import Unwatched
from train.observer import Silent
from train.run_folder import checkpoints
from train.suitability.clock import Clock, OutOfTime, TimedObserver, TimedWatcher, seconds_of


@pytest.mark.parametrize(
    ("budget", "seconds"),
    [("6h", 21_600), ("90min", 5_400), ("90m", 5_400), ("1h30m", 5_400), ("1.5 h", 5_400), ("2d", 172_800), ("0s", 0)],
)
def test_times_are_read(budget: str, seconds: float) -> None:
    assert seconds_of(budget) == seconds


@pytest.mark.parametrize("budget", ["6", "", "h", "6h x", "-6h", "six hours", "6 weeks"])
def test_what_is_no_time_is_refused(budget: str) -> None:
    with pytest.raises(OptionError, match="expected a time such as 6h, 90min or 1h30m"):
        seconds_of(budget)


def test_without_a_budget_there_is_always_time() -> None:
    clock = Clock()

    clock.check()
    assert not clock.is_over


def test_nothing_new_is_measured_when_the_time_is_over() -> None:
    watcher = TimedWatcher(Unwatched(), Clock(0))

    with pytest.raises(OutOfTime):
        watcher.started("cell", 10, 0)
    with pytest.raises(OutOfTime):
        watcher.advanced(8)
    watcher.finished("cell", is_new=False)


def test_a_note_is_said_once() -> None:
    said: list[str] = []

    class Noting(Unwatched):
        def note(self, line: str) -> None:
            said.append(line)

    watcher = TimedWatcher(Noting(), Clock())
    for _ in range(3):
        watcher.note("a line")

    assert said == ["a line"]


class OverAt(Clock):
    """Its time is over when a step is done."""

    def __init__(self) -> None:
        super().__init__()
        self.over = False

    @property
    def is_over(self) -> bool:
        return self.over


def test_a_training_stops_with_a_checkpoint_and_goes_on_from_it(tmp_path: Path, model_folder: Path) -> None:
    clock, steps, notes = OverAt(), [], []

    class Steps(Silent):
        def stepped(self, step: int, steps_in_all: int) -> None:
            steps.append(step)
            clock.over = step == 3

        def note(self, line: str) -> None:
            notes.append(line)

    wanted = recipe(tmp_path, model_folder, resume=True)
    with pytest.raises(Interrupted):
        trained(wanted, TimedObserver(Steps(), clock))
    kept = [path.name for path in checkpoints(tmp_path / "runs" / "run")]
    trained(wanted, TimedObserver(Steps(), Clock()))

    assert kept == ["checkpoint-3"]
    assert steps == [1, 2, 3, 4, 5, 6, 7]
    assert notes == []


def test_processes_that_train_together_finish_what_they_began(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    clock = Clock(0)

    TimedObserver(Silent(), clock).stepped(1, 7)  # nobody is interrupted

    with pytest.raises(OutOfTime):
        clock.check()
