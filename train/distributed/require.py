"""What several processes cannot do together, said before anything is loaded."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from transformers import TrainingArguments

from schemas.errors import OptionError
from train.distributed.zero import divides_weights
from train.models.quantised.choice import Quantization
from train.recipe.recipe import Recipe

FSDP_CONFIG = {"version", "fsdp_version"}
"""Keys of ``fsdp_config`` that ask for what is done anyhow."""


def require_distributed(recipe: Recipe, arguments: TrainingArguments, quantization: Quantization) -> None:
    """Raises OptionError for what a recipe asks of DeepSpeed or FSDP and cannot have."""
    training = recipe.training
    name = next((name for name in ("deepspeed", "fsdp") if training.get(name)), None)
    if name is None or not recipe.do_train:
        return
    divides = name == "fsdp" or divides_weights(arguments)
    problems = [*_of_the_start(training), *(_of_parts(recipe, quantization) if divides else ())]
    if recipe.find_lr:
        problems.append("find_lr looks for the rate in one process; find it without, then name --learning_rate")
    if problems:
        raise OptionError(f"{name}: {problems[0]}")


def require_as_many(checkpoint: Path, before: int, now: int) -> None:
    """Raises OptionError where the parts of a checkpoint are not for as many processes as there are."""
    if before != now:
        raise OptionError(
            f"{checkpoint}: {before} processes wrote it, each its part, and {now} are to go on; start {before} again, "
            "or train anew from its weights: --adapter"
        )


def _of_the_start(training: Mapping[str, Any]) -> Iterator[str]:
    if "RANK" not in os.environ:
        yield (
            "nobody has started several processes; expected torchrun --nproc-per-node N -m prep train …; or leave it "
            "out (null)"
        )
    if training.get("deepspeed") and training.get("fsdp"):
        yield "fsdp is asked for too; take one of them"
    config = training.get("fsdp_config")
    if training.get("fsdp") and config and not (isinstance(config, Mapping) and set(config) <= FSDP_CONFIG):
        yield "layers are divided one by one, and fsdp_config has no say in it; leave that out"


def _of_parts(recipe: Recipe, quantization: Quantization) -> Iterator[str]:
    if quantization != "none":
        yield f"the base is {quantization}, and such weights are not divided; leave out one of the two"
    if recipe.merge:
        yield "no process holds the whole model to merge; train first, then prep export"
    if recipe.do_predict or (recipe.do_eval and recipe.predict_with_generate):
        yield "no process holds the whole model to answer; train first, then prep generate (leave out do_predict)"
    kind = recipe.settings.get("peft_config") or {}
    if isinstance(kind, Mapping) and str(kind.get("peft_type", "")).upper() == "ADALORA":
        yield "AdaLoRA moves its ranks by gradients that no process holds whole; take LoRA"
