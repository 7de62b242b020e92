"""Training options as transformers gets them."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from transformers import TrainingArguments
from transformers.trainer_utils import IntervalStrategy, SchedulerType

from schemas.errors import OptionError
from train.arguments import training_arguments


def _made(
    tmp_path: Path, *, evaluates: bool = False, notes: list[str] | None = None, **given: Any
) -> TrainingArguments:
    return training_arguments(
        {"report_to": "none", **given},
        folder=tmp_path,
        learning_rate=1e-3,
        half=None,
        tf32=None,
        use_cpu=True,
        evaluates=evaluates,
        note=(notes if notes is not None else []).append,
    )


def test_a_recipe_cannot_take_away_what_resuming_needs(tmp_path: Path) -> None:
    made = _made(
        tmp_path, save_only_model=True, remove_unused_columns=True, push_to_hub=True, logging_nan_inf_filter=True
    )

    assert not made.save_only_model
    assert not made.remove_unused_columns
    assert not made.push_to_hub
    assert not made.logging_nan_inf_filter
    assert made.restore_callback_states_from_checkpoint


def test_every_field_of_transformers_goes_through(tmp_path: Path) -> None:
    made = _made(tmp_path, adam_beta2=0.98, weight_decay=1e-4, lr_scheduler_type="cosine", warmup_steps=5, seed=7)

    assert (made.adam_beta2, made.weight_decay, made.lr_scheduler_type) == (0.98, 1e-4, SchedulerType.COSINE)
    assert (made.warmup_steps, made.seed, made.data_seed) == (5, 7, 7)


@pytest.mark.skipif(importlib.util.find_spec("deepspeed") is not None, reason="deepspeed is installed")
def test_deepspeed_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"^deepspeed: asked for, but not installed here; pip install"):
        _made(tmp_path, deepspeed="ds_config.json")


def test_what_transformers_refuses_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"training options: .*sometimes"):
        _made(tmp_path, save_strategy="sometimes")


@pytest.mark.parametrize(
    ("given", "strategy", "best"),
    [
        ({"save_steps": 50}, "steps", True),
        ({"save_strategy": "epoch"}, "epoch", True),
        ({"save_strategy": "no"}, "no", False),
        ({"eval_strategy": "steps", "eval_steps": 30, "save_steps": 50}, "steps", False),
        ({"eval_strategy": "steps", "eval_steps": 25, "save_steps": 50}, "steps", True),
        ({"eval_strategy": "epoch", "save_steps": 50}, "epoch", False),
        ({"eval_strategy": "no"}, "no", False),
        ({"save_steps": 50, "load_best_model_at_end": False}, "steps", False),
    ],
)
def test_the_best_checkpoint_is_kept_where_saving_and_evaluating_meet(
    tmp_path: Path, given: dict[str, Any], strategy: str, best: bool
) -> None:
    made = _made(tmp_path, evaluates=True, **given)

    assert (made.eval_strategy, made.load_best_model_at_end) == (IntervalStrategy(strategy), best)


def test_nothing_is_evaluated_where_there_is_nothing_to_evaluate_on(tmp_path: Path) -> None:
    made = _made(tmp_path, eval_strategy="steps", eval_steps=5, load_best_model_at_end=True)

    assert (made.eval_strategy, made.load_best_model_at_end) == (IntervalStrategy.NO, False)


def test_a_missing_tracker_is_an_error_and_missing_tensorboard_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.arguments._has", lambda module: False)
    notes: list[str] = []

    assert _made(tmp_path, report_to="tensorboard", notes=notes).report_to == []
    assert len(notes) == 1
    assert "pip install tensorboard" in notes[0]
    with pytest.raises(OptionError, match="report_to swanlab: not installed; pip install swanlab"):
        _made(tmp_path, report_to=["swanlab"])
