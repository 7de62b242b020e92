"""DeepSpeed: what its configuration must be like here, and what ZeRO-3, which holds all weights in parts, cannot do."""

import importlib.util
from collections.abc import Mapping
from functools import partial
from typing import Any

from transformers import TrainingArguments

from schemas.errors import OptionError
from train.distributed.stage import config_stage
from train.models.prefix import PrefixEncoder


def require_deepspeed(given: Mapping[str, Any]) -> None:
    """Raises OptionError where it is asked for and not installed."""
    if given.get("deepspeed") and importlib.util.find_spec("deepspeed") is None:
        raise OptionError(
            "deepspeed: asked for, but not installed here; pip install deepspeed, or leave it out (--deepspeed null) "
            "where one card suffices"
        )


def require_config(said: Any) -> None:
    """Raises OptionError for what is asked for and is no configuration."""
    if said:
        config_stage(said)


def settle_config(arguments: TrainingArguments) -> None:
    """Raise OptionError where file and recipe disagree; let models be made whole until the trainer divides them."""
    config = getattr(arguments, "hf_deepspeed_config", None)
    if config is None:
        return
    from transformers.integrations.deepspeed import unset_hf_deepspeed_config

    if config.mismatches:
        listed = "; ".join(line.removeprefix("- ds ") for line in config.mismatches)
        raise OptionError(f'deepspeed: its file and the recipe disagree: {listed}; write "auto" into the file')
    unset_hf_deepspeed_config()


def divides_weights(arguments: TrainingArguments) -> bool:
    config = getattr(arguments, "hf_deepspeed_config", None)
    return config is not None and bool(config.is_zero3())


def keep_what_trains(engine: Any) -> None:
    """Checkpoints hold no weights of a frozen base."""
    engine.save_checkpoint = partial(engine.save_checkpoint, exclude_frozen_parameters=True)
    load = engine.load_checkpoint
    engine.load_checkpoint = lambda *args, **options: load(*args, **{**options, "load_module_strict": False})


def let_go(engine: Any) -> None:
    """Of ZeRO-3 take away what calls all processes together whenever a module runs."""
    if hasattr(engine, "destroy") and engine.zero_optimization_partition_weights():
        engine.destroy()


def require_no_single_numbers(model: Any) -> None:
    """Raises OptionError where DeepSpeed would end in the middle of copying the model to all processes."""
    single = next((name for name, each in model.named_parameters() if each.dim() == 0), None)
    if single is not None:
        raise OptionError(
            f"deepspeed: {single} is a single number, which it cannot send to others; use --fsdp, or leave both out"
        )


def tell_of_tables(model: Any) -> None:
    """ZeRO-3 brings together the weights of a module while it runs; a prefix encoder reads another module's."""
    import deepspeed

    for module in model.modules():
        if isinstance(module, PrefixEncoder):
            deepspeed.zero.register_external_parameter(module, module.embedding.weight)
