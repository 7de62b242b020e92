"""Processes that train for a command which another one carries out."""

import pytest

from train import helping
from train.early_end import Interrupted
from train.recipe.recipe import Recipe


def test_a_helper_that_is_interrupted_does_not_wait_for_another_task(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Recipe) -> None:
        raise Interrupted("runs/a: interrupted")

    monkeypatch.setattr(helping, "train", interrupted)

    with pytest.raises(Interrupted):
        [*helping._Kept().train({"task": "train", "recipe": {}})]
