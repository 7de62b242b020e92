"""What the other processes can do for the one that carries out a command: answer, foresee, and train with it."""

from collections.abc import Generator
from dataclasses import asdict
from typing import Any

from schemas.run import Run
from train.distributed.helpers import Told, help_out, helpers
from train.evaluation.models import Models
from train.evaluation.together import asking_tasks
from train.evaluation.told import as_told
from train.observer import Observer
from train.plan import Plan
from train.recipe.recipe import Recipe
from train.run import train


def train_together(recipe: Recipe, observer: Observer | None = None) -> Run | Plan:
    """By all processes, as ``torchrun … prep train`` does; helpers leave other work for it."""
    led = helpers()
    if led is not None:
        led.begin([{"task": "train", "recipe": asdict(recipe)}] * led.count)
    return train(recipe, observer)


def help_commands() -> None:
    """Until the first process is done with its command."""
    kept = _Kept()
    help_out({**asking_tasks(kept.models), "train": kept.train})


class _Kept:
    """The models that were asked for last stay in memory until others are, or a training needs it."""

    def __init__(self) -> None:
        self._facts: Any = None
        self._models: Models | None = None

    def models(self, told: Told) -> Models:
        if self._models is None or told["models"] != self._facts:
            self._release()
            self._facts, self._models = told["models"], as_told(told["models"])
        return self._models

    def train(self, told: Told) -> Generator[Any, None, None]:
        """Interrupted, it ends: the first process may wait in a collective operation, which nothing else ends."""
        self._release()
        train(Recipe(**told["recipe"]))
        yield from ()

    def _release(self) -> None:
        if self._models is not None:
            self._models.release()
        self._models = None
