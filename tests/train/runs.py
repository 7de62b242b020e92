"""What the tests of runs share: records, an untrained model in a folder, a recipe, and trainings that get killed."""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from schemas.run import Run
from train.observer import Observer, Silent
from train.recipe.recipe import Recipe
from train.run import train

RECORDS = 22

TRAINING: Mapping[str, Any] = {
    "max_steps": 7,
    "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 2,
    "logging_steps": 1,
    "learning_rate": 1e-2,
    "save_strategy": "no",
    "report_to": "none",
}
"""Five and a half steps an epoch."""

Row = Mapping[str, Any]


def rows(count: int = RECORDS) -> list[Row]:
    return [
        {"content": f"第{number}号问题", "summary": f"方法{'甲乙丙'[number % 3]}号{number}"} for number in range(count)
    ]


def write_rows(path: Path, written: list[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in written), encoding="utf-8")
    return path


def recipe(folder: Path, model: Path, *, training: Mapping[str, Any] | None = None, **own: Any) -> Recipe:
    """Trains in about a second; what it writes lies below ``folder``."""
    data = folder / "data"
    chosen: dict[str, Any] = {
        "train_file": str(write_rows(data / "train.json", rows())),
        "validation_file": str(write_rows(data / "dev.json", rows(6))),
        "test_file": str(write_rows(data / "test.json", rows(3))),
        "model": str(model),
        "settings": {"pre_seq_len": 4},
        "max_source_length": 24,
        "max_target_length": 12,
        "out": str(folder / "runs"),
        "name": "run",
        "do_eval": False,
        "health_guard": False,
    }
    return Recipe(**{**chosen, **own}, training={**TRAINING, **(training or {})})


def trained(wanted: Recipe, observer: Observer | None = None) -> Run:
    run = train(wanted, observer)
    assert isinstance(run, Run)
    return run


class Notes(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.plans: list[Any] = []
        self.examples: list[Any] = []
        self.runs: list[Any] = []

    def note(self, line: str) -> None:
        self.lines.append(line)

    def encoded(self, example: Any, shares: Mapping[str, str]) -> None:
        self.examples.append((example, shares))

    def planned(self, plan: Any) -> None:
        self.plans.append(plan)

    def finished(self, run: Any) -> None:
        self.runs.append(run)


class KilledAt(Silent):
    """Ends the process as ``kill -9`` does, once a step is done."""

    def __init__(self, step: int) -> None:
        self._step = step

    def stepped(self, step: int, steps: int) -> None:
        if step == self._step:
            os.kill(os.getpid(), signal.SIGKILL)


def in_a_process(work: Callable[..., None], *args: Any) -> int:
    """Do it in a process of its own; the exit code, negative for the signal that ended it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["train.run"])
    process = context.Process(target=_alone, args=(work, *args))
    process.start()
    process.join(timeout=120)
    assert process.exitcode is not None, "the process hangs"
    return process.exitcode


def _alone(work: Callable[..., None], *args: Any) -> None:
    torch.set_num_threads(1)
    work(*args)


def curve(folder: Path) -> list[dict[str, float]]:
    """The log without what depends on the clock."""
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [{name: value for name, value in json.loads(line).items() if "second" not in name} for line in lines]
