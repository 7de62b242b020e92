"""A study of the datasets and runs of the tests, and a watcher that remembers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from schemas.report import DomainReport, SuitabilityReport
from train.evaluation.settings import Settings
from train.recipe.gather import Layer
from train.suitability.clock import Clock
from train.suitability.setup import Setup, setup_of
from train.suitability.suitability import suitability
from train.suitability.watcher import Unstudied

QUICK = Settings(resamples=200)
TRAINED_QUICKLY: Mapping[str, Any] = {
    "method": "lora",
    "max_steps": 4,
    "per_device_train_batch_size": 2,
    "learning_rate": 1e-2,
    "max_source_length": 48,
    "max_target_length": 12,
    "report_to": "none",
    "health_guard": False,
}


class Watched(Unstudied):
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.new: list[str] = []
        self.steps: list[str] = []

    def note(self, line: str) -> None:
        self.lines.append(line)

    def finished(self, cell: str, *, is_new: bool) -> None:
        self.new += [cell] * is_new

    def reached(self, what: str, number: int, count: int) -> None:
        self.steps.append(f"{number}/{count} {what}")


class OverAfter(Clock):
    """Its time is over when it was asked so often."""

    def __init__(self, checks: int) -> None:
        super().__init__(3_600)
        self._left = checks

    def check(self) -> None:
        self._left -= 1
        super().check()

    @property
    def is_over(self) -> bool:
        return self._left < 0


def given(data: Path, runs: Mapping[str, Path], out: Path, names: Sequence[str] | None = None, **changed: Any) -> Setup:
    """Takes the runs of the datasets that are named."""
    settings = changed.pop("settings", QUICK)
    taken = {name: run for name, run in runs.items() if names is None or name in names}
    return setup_of(names, taken, [], settings, data=data, note=print, evaluations=out, **changed)


def to_train(data: Path, model: Path, out: Path, names: Sequence[str], **keys: Any) -> Setup:
    layer: Layer = ("test", {**TRAINED_QUICKLY, "model": str(model), "out": str(out / "runs"), **keys})
    return setup_of(names, {}, [layer], QUICK, data=data, note=print, evaluations=out)


def studied(setup: Setup, clock: Clock | None = None, watcher: Watched | None = None) -> SuitabilityReport:
    return suitability([setup], clock=clock, watcher=watcher)


def by_name(report: SuitabilityReport) -> dict[str, DomainReport]:
    return {domain.dataset: domain for domain in report.domains}
