"""A recipe's training options as the ``TrainingArguments`` of the installed transformers."""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from transformers import TrainingArguments

from schemas.errors import OptionError
from train.distributed.zero import require_deepspeed, settle_config
from train.precision import Half

OURS: Mapping[str, Any] = {
    "remove_unused_columns": False,
    "label_names": ["labels"],
    "prediction_loss_only": True,
    "disable_tqdm": True,
    "restore_callback_states_from_checkpoint": True,
    "logging_nan_inf_filter": False,
    "push_to_hub": False,
    "save_only_model": False,
}
"""Not the user's to choose: batches are made whole by our collator, and a resumed run is the uninterrupted one;
a loss that is no number is the health guard's affair, not to be logged as 0."""

SETTLED = ("report_to", "fp16", "bf16", "tf32", "fsdp", "fsdp_config")
"""Decided by us, each in its place."""

MODULES = {"azure_ml": "azureml", "comet_ml": "comet_ml", "dvclive": "dvclive"}
"""Where a tracker's module is not called as transformers calls the tracker."""


def training_arguments(
    given: Mapping[str, Any],
    *,
    folder: Path,
    learning_rate: float,
    half: Half | None,
    tf32: bool | None,
    use_cpu: bool,
    evaluates: bool,
    note: Callable[[str], None] = lambda line: None,
) -> TrainingArguments:
    """Build them; raises OptionError, in transformers' own words, for what cannot be.

    ``given`` wins over our defaults, but for the precision, which the machine has its say in. With ``evaluates`` and
    nothing said about when, every checkpoint is evaluated, and the best one is what remains.
    """
    require_deepspeed(given)
    chosen = {
        "data_seed": given.get("seed", 42),
        "dataloader_pin_memory": not use_cpu,
        "ddp_find_unused_parameters": False,
        "report_to": trackers(given.get("report_to", "tensorboard"), note),
        **{name: value for name, value in given.items() if name not in SETTLED},
        **_evaluation(given, evaluates),
        **OURS,
        "output_dir": str(folder),
        "learning_rate": learning_rate,
        "use_cpu": use_cpu,
        "fp16": half == "fp16",
        "bf16": half == "bf16",
        "tf32": tf32,
    }
    known = {field.name for field in fields(TrainingArguments)}
    try:
        arguments = TrainingArguments(**{name: value for name, value in chosen.items() if name in known})
    except (ValueError, TypeError, ImportError) as error:
        raise OptionError(f"training options: {' '.join(str(error).split())}") from None
    settle_config(arguments)
    arguments._n_gpu = min(arguments.n_gpu, 1)  # several cards take torchrun: DataParallel splits batches wrongly
    return arguments


def trackers(asked: str | Sequence[str] | None, note: Callable[[str], None]) -> list[str]:
    """What receives the logs besides ``log.jsonl``; TensorBoard, the default, only where it is installed.

    Raises OptionError for another one that is not installed.
    """
    names = [asked] if isinstance(asked, str) else list(asked or ())
    if names == ["tensorboard"] and not _has("tensorboard"):
        note("tensorboard: not installed, so the loss stands in log.jsonl and loss.png only; pip install tensorboard")
        return []
    wanted = [name for name in names if name != "none"]
    missing = [name for name in wanted if name != "all" and not _has(MODULES.get(name, name))]
    if missing:
        listed = ", ".join(missing)
        raise OptionError(f"report_to {listed}: not installed; pip install {' '.join(missing)}, or leave it out")
    return wanted


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _evaluation(given: Mapping[str, Any], evaluates: bool) -> dict[str, Any]:
    """When to evaluate, and whether the best checkpoint is loaded at the end."""
    if not evaluates:
        return {"eval_strategy": "no", "load_best_model_at_end": False}
    saving, steps = str(given.get("save_strategy", "steps")), given.get("save_steps", 500)
    chosen: dict[str, Any] = {}
    if "eval_strategy" not in given:
        chosen = {"eval_strategy": "no" if saving == "best" else saving}
        if saving == "steps":
            chosen["eval_steps"] = given.get("eval_steps", steps)
    strategy = str(given.get("eval_strategy", chosen.get("eval_strategy")))
    if "load_best_model_at_end" not in given:
        eval_steps = chosen.get("eval_steps", given.get("eval_steps") or given.get("logging_steps", 500))
        meets = strategy != "steps" or _whole_multiple(steps, eval_steps)
        chosen["load_best_model_at_end"] = saving == strategy and strategy != "no" and meets
    if "metric_for_best_model" not in given:
        chosen |= {"metric_for_best_model": "eval_loss", "greater_is_better": False}
    return chosen


def _whole_multiple(steps: float, of: float) -> bool:
    return steps >= of and abs(steps / of - round(steps / of)) < 1e-9
