"""Defaults of a training: those of the official scripts, where transformers' own are others."""

from collections.abc import Mapping
from typing import Any

HOUSE: Mapping[str, Any] = {
    "per_device_train_batch_size": 4,
    "per_device_eval_batch_size": 4,
    "gradient_accumulation_steps": 4,
    "learning_rate": None,
    "logging_steps": 10,
    "report_to": "tensorboard",
}
"""``learning_rate`` is the method's; how often is saved and evaluated follows from what is given, see below."""

FOLLOWS: Mapping[str, str] = {
    "learning_rate": "Default here: the method's.",
    "save_strategy": "Default here: `steps` where `max_steps`, `save_steps` or `eval_steps` is given, else `epoch`.",
    "eval_strategy": "Default here: what `save_strategy` is; `no` without `do_eval`.",
    "save_steps": "Default here: 1000, as in the official scripts, or `max_steps` where that is less.",
    "eval_steps": "Default here: `save_steps`.",
    "load_best_model_at_end": "Default here: true where everything that is saved is evaluated.",
}
"""Defaults that follow from other keys, in words."""

SAVE_STEPS = 1000
"""The official scripts'."""
_STEPS = ("max_steps", "save_steps", "eval_steps")


def completed(given: Mapping[str, Any], *, learning_rate: float, evaluates: bool) -> dict[str, Any]:
    """What is given, and a default for whatever the house has one for."""
    training = {**HOUSE, **given}
    if training["learning_rate"] is None:
        training["learning_rate"] = learning_rate
    rhythm = "steps" if any(_counts(given.get(name)) for name in _STEPS) else "epoch"
    saving = given.get("save_strategy")
    if saving is None and given.get("eval_strategy", "no") != "no":
        saving = given["eval_strategy"]
    training["save_strategy"] = saving or rhythm
    evaluating = saving if saving in ("steps", "epoch") else rhythm
    training["eval_strategy"] = given.get("eval_strategy", evaluating) if evaluates else "no"
    if training["save_strategy"] == "steps":
        training["save_steps"] = given.get("save_steps") or given.get("eval_steps") or _save_steps(given)
    if training["eval_strategy"] == "steps":
        training["eval_steps"] = given.get("eval_steps") or training.get("save_steps") or _save_steps(given)
    if training.get("load_best_model_at_end") is None:
        training["load_best_model_at_end"] = best_can_be_told(training)
    return training


def best_can_be_told(training: Mapping[str, Any]) -> bool:
    """Whether everything that is saved is evaluated."""
    evaluating, saving = training["eval_strategy"], training["save_strategy"]
    if evaluating == "no" or saving == "no":
        return False
    if saving == "best":
        return True
    if evaluating != saving:
        return False
    return saving == "epoch" or _multiple(training["save_steps"], training["eval_steps"])


def _multiple(saved: float, evaluated: float) -> bool:
    times = saved / evaluated
    return (saved < 1) == (evaluated < 1) and abs(times - round(times)) < 1e-6 and round(times) >= 1


def _save_steps(given: Mapping[str, Any]) -> int:
    last = given.get("max_steps", 0)
    return min(SAVE_STEPS, last) if last > 0 else SAVE_STEPS


def _counts(steps: float | None) -> bool:
    return steps is not None and steps > 0
