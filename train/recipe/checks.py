"""What a recipe's values may be: bounds of one, and what cannot stand beside what."""

from collections.abc import Iterator, Mapping
from typing import Any

from train.recipe.defaults import best_can_be_told
from train.recipe.gather import Entry, shown

_POSITIVE = (
    "per_device_train_batch_size",
    "per_device_eval_batch_size",
    "gradient_accumulation_steps",
    "num_beams",
    "early_stopping_patience",
    "max_train_samples",
    "max_eval_samples",
    "max_predict_samples",
    "save_total_limit",
    "eval_accumulation_steps",
    "torch_empty_cache_steps",
)
_LENGTHS = ("max_source_length", "max_target_length", "val_max_target_length")
_ABOVE_ZERO = ("learning_rate", "num_train_epochs", "adam_epsilon", "logging_steps", "save_steps", "eval_steps")
_NOT_NEGATIVE = (
    "recomputed_layers",
    "weight_decay",
    "max_grad_norm",
    "warmup_steps",
    "early_stopping_threshold",
    "eval_delay",
    "seed",
    "data_seed",
    "dataloader_num_workers",
    "neftune_noise_alpha",
)
_SHARES = ("adam_beta1", "adam_beta2", "label_smoothing_factor")
_FULL_SHARDS = {"full_shard", "auto_wrap"}
_STEPS = ("logging_steps", "save_steps", "eval_steps", "warmup_steps")


def out_of_range(entries: Mapping[str, Entry]) -> Iterator[str]:
    """One line for each value that no training could have."""
    for name, entry in entries.items():
        wanted = _wanted(name, entry.value) if isinstance(entry.value, (int, float)) else None
        if wanted is not None:
            yield f"{entry} {shown(entry.value)}: expected {wanted}"


def _wanted(name: str, value: float) -> str | None:
    """What the value should have been; None where it is right."""
    wrong = {
        "1 or more": name in _POSITIVE and value < 1,
        "2 or more": name in _LENGTHS and value < 2,
        "a number above 0": name in _ABOVE_ZERO and value <= 0,
        "0 or more": name in _NOT_NEGATIVE and value < 0,
        "0 or more, and less than 1": name in _SHARES and not 0 <= value < 1,
        "a number of steps, or -1 to go by num_train_epochs": name == "max_steps" and value != -1 and value < 1,
        "a whole number, or a share of all steps below 1": name in _STEPS and value > 1 and value != int(value),
    }
    return next((words for words, is_wrong in wrong.items() if is_wrong), None)


def impossible(own: Mapping[str, Any], training: Mapping[str, Any]) -> Iterator[str]:
    """One line for each combination that cannot be; every key is given with its value or default."""
    yield from _data(own)
    if own["encoding"] == "official" and own["loss"] == "all":
        yield "loss all: the official encoding learns the last answer only; use encoding default"
    if own["encoding"] == "official" and own["prompt_template"] != "none":
        yield (
            f"prompt_template {own['prompt_template']}: the official encoding knows source_prefix only; "
            "use encoding default"
        )
    if own["resume"] and own["overwrite"]:
        yield "resume and overwrite: one goes on with the run that the other removes; keep one of them"
    if own["name"] is not None and own["output_dir"] is not None:
        yield "name and output_dir: both name the run's folder; keep one of them"
    if own["name"] is not None and (own["name"] in ("", ".", "..") or "/" in own["name"]):
        yield f"name {own['name']!r}: expected the name of a folder, without slashes; out is its parent"
    if own["quantization"] != "none":
        yield from _quantised(own)
    yield from _sharding(training)
    yield from _precision(training)
    yield from _evaluation(own, training)


def _data(own: Mapping[str, Any]) -> Iterator[str]:
    files = [name for name in ("train_file", "validation_file", "test_file") if own[name] is not None]
    columns = [name for name in ("prompt_column", "response_column") if own[name] is not None]
    if len(columns) == 1 or (own["history_column"] is not None and not columns):
        yield f"{(columns or ['history_column'])[0]}: prompt_column and response_column belong together"
    for deed, name in (("do_train", "train_file"), ("do_predict", "test_file")):
        if files and own[deed] and own[name] is None:
            yield f"{deed} without {name}: only {' and '.join(files)} given"


def _quantised(own: Mapping[str, Any]) -> Iterator[str]:
    asked = own["quantization"]
    if own["method"] in ("full", "freeze"):
        yield (
            f"quantization {asked} with method {own['method']}: quantised weights cannot train; use p_tuning_v2 or "
            "lora, or leave quantization out"
        )
    if own["merge"]:
        yield f"quantization {asked} with merge: nothing can be added into quantised weights; leave out one of them"


def _sharding(training: Mapping[str, Any]) -> Iterator[str]:
    asked = training.get("fsdp")
    if isinstance(asked, str) and not set(asked.split()) <= _FULL_SHARDS:
        yield f"fsdp {asked!r}: expected true, which is what full_shard and auto_wrap were, or false"


def _precision(training: Mapping[str, Any]) -> Iterator[str]:
    for half, other in (("fp16", "bf16"), ("fp16_full_eval", "bf16_full_eval")):
        if training.get(half) and training.get(other):
            yield f"{half} and {other}: a training has one precision; keep one of them"


def _evaluation(own: Mapping[str, Any], training: Mapping[str, Any]) -> Iterator[str]:
    evaluating, saving = training["eval_strategy"], training["save_strategy"]
    if own["early_stopping_patience"] is not None and evaluating == "no":
        yield "early_stopping_patience without evaluation: needs do_eval and an eval_strategy of steps or epoch"
        return
    if training.get("lr_scheduler_type") in ("reduce_lr_on_plateau", "greedy") and evaluating == "no":
        yield f"lr_scheduler_type {training['lr_scheduler_type']} without evaluation: needs an eval_strategy"
    wished = training["load_best_model_at_end"] or own["early_stopping_patience"] is not None
    if wished and not best_can_be_told(training):
        every = (
            f" every {training['eval_steps']} and {training['save_steps']}" if evaluating == saving == "steps" else ""
        )
        yield (
            f"load_best_model_at_end with eval_strategy {evaluating} and save_strategy {saving}{every}: "
            "what is saved must be evaluated too; give both the same rhythm"
        )
