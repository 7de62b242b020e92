"""A training that is killed goes on as if nothing had happened."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import ModelError
from schemas.run import Run
from tests.train.runs import KilledAt, Notes, curve, in_a_process, recipe, trained
from train.early_end import Interrupted
from train.recipe.recipe import Recipe
from train.run import train
from train.trainer import MethodTrainer


def _killed_at(step: int, wanted: Recipe) -> None:
    train(wanted, KilledAt(step))


def _killed_while_saving(step: int, wanted: Recipe) -> None:
    def kill(trainer: MethodTrainer, output_dir: str) -> None:
        if trainer.state.global_step == step:
            os.kill(os.getpid(), signal.SIGKILL)

    MethodTrainer._save_scaler = kill  # type: ignore[method-assign,assignment]
    train(wanted)


def _resumed(wanted: Recipe) -> None:
    train(replace(wanted, resume=True))


def test_a_training_killed_again_and_again_gives_the_uninterrupted_curve(tmp_path: Path, model_folder: Path) -> None:
    rhythm = {"save_strategy": "steps", "save_steps": 2, "eval_strategy": "steps", "eval_steps": 2, "logging_steps": 3}
    options: dict[str, Any] = {"do_eval": True, "training": {"max_steps": 13, "save_total_limit": 2, **rhythm}}
    whole = recipe(tmp_path / "whole", model_folder, **options)
    broken = recipe(tmp_path / "broken", model_folder, **options)
    again = replace(broken, resume=True)

    train(whole)
    ends = [
        in_a_process(_killed_at, 1, broken),  # before the first checkpoint
        in_a_process(_killed_at, 5, again),  # between two checkpoints and two logs, in the last step of an epoch
        in_a_process(_killed_while_saving, 8, again),
        in_a_process(_killed_at, 12, again),
        in_a_process(_resumed, broken),
    ]

    assert ends == [-signal.SIGKILL] * 4 + [0]
    expected = curve(tmp_path / "whole/runs/run")
    assert curve(tmp_path / "broken/runs/run") == expected
    assert [row["step"] for row in expected if "loss" in row] == [3, 6, 9, 12]
    assert _weights(tmp_path / "broken") == _weights(tmp_path / "whole")


def _weights(folder: Path) -> bytes:
    return (folder / "runs/run/adapter/model.safetensors").read_bytes()


def test_a_training_killed_after_its_last_step_is_finished_without_another(tmp_path: Path, model_folder: Path) -> None:
    saving = {"max_steps": 5, "save_strategy": "steps", "save_steps": 5}
    wanted = recipe(tmp_path, model_folder, training=saving)
    train(wanted)
    folder = tmp_path / "runs/run"
    before, expected = _weights(tmp_path), curve(folder)
    (folder / "run.json").unlink()

    run = trained(replace(wanted, resume=True))

    assert run.facts["steps"] == 5
    assert curve(folder) == expected
    assert _weights(tmp_path) == before


def test_logs_of_epochs_stay_what_they_were_when_a_training_goes_on(tmp_path: Path, model_folder: Path) -> None:
    rhythm = {"logging_strategy": "epoch", "eval_strategy": "epoch", "save_strategy": "steps", "save_steps": 3}
    options: dict[str, Any] = {"do_eval": True, "training": {"max_steps": 14, **rhythm}}
    whole = recipe(tmp_path / "whole", model_folder, **options)
    broken = recipe(tmp_path / "broken", model_folder, **options)

    train(whole)
    ends = [in_a_process(_killed_at, 8, broken), in_a_process(_resumed, broken)]

    assert ends == [-signal.SIGKILL, 0]
    expected = curve(tmp_path / "whole/runs/run")
    assert curve(tmp_path / "broken/runs/run") == expected
    assert [row["step"] for row in expected if "loss" in row] == [6, 12, 14]


def test_an_interrupted_training_keeps_a_checkpoint_and_says_how_to_go_on(tmp_path: Path, model_folder: Path) -> None:
    wanted = recipe(tmp_path, model_folder)
    expected = recipe(tmp_path / "whole", model_folder)
    train(expected)

    with pytest.raises(Interrupted, match=r"run: interrupted; checkpoint-3 is kept: go on from it with --resume"):
        train(wanted, _InterruptedAt(3))
    with pytest.raises(ModelError, match="its training did not finish"):
        Run.open(tmp_path / "runs/run")
    with pytest.raises(ModelError, match="checkpoint-3 is its last checkpoint; use --resume or --overwrite"):
        train(wanted)
    train(replace(wanted, resume=True))

    assert curve(tmp_path / "runs/run") == curve(tmp_path / "whole/runs/run")


def test_a_named_checkpoint_is_gone_on_from_and_later_ones_are_dropped(tmp_path: Path, model_folder: Path) -> None:
    wanted = recipe(tmp_path, model_folder, training={"save_strategy": "steps", "save_steps": 2})
    train(wanted)
    folder = tmp_path / "runs/run"
    expected = curve(folder)
    (folder / "run.json").unlink()

    run = trained(replace(wanted, resume=str(folder / "checkpoint-2")))

    assert run.facts["steps"] == 7
    assert curve(folder) == expected


class _InterruptedAt(Notes):
    def __init__(self, step: int) -> None:
        super().__init__()
        self._step = step

    def stepped(self, step: int, steps: int) -> None:
        if step == self._step:
            os.kill(os.getpid(), signal.SIGTERM)
