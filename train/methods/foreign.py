"""What others saved: official P-Tuning checkpoints and adapters of peft, as one of our methods with its settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING

from schemas.errors import ModelError
from train.methods.through_peft import CONFIG, config_of, peft_weights
from train.models.checkpoint import PREFIX, checkpoint_files, read_weights

_NOT_OURS = {"base_model_name_or_path", "revision", "auto_mapping", "inference_mode", "task_type", "peft_version"}
"""Fields that say nothing about the weights."""


def official_prefix(place: Path) -> Mapping[str, Any]:
    """Settings of ``p_tuning_v2`` that fit a checkpoint, of the prefix alone or of a whole model."""
    for file in checkpoint_files(place) if place.is_dir() else [place]:
        weights = read_weights(file)
        if (table := weights.get(f"{PREFIX}embedding.weight")) is not None:
            projected = any(name.startswith(f"{PREFIX}trans.") for name in weights)
            return {"pre_seq_len": len(table), "prefix_projection": projected}
    raise ModelError(
        f"{place}: neither method.json nor {CONFIG} nor {PREFIX}* in it, so it is no adapter; "
        "name the adapter of a run, an adapter of peft or a checkpoint of P-Tuning v2"
    )


def peft_adapter(folder: Path) -> tuple[str, Mapping[str, Any]]:
    """The method that reads an adapter of peft, and its settings."""
    config = config_of(folder)
    kind = config["peft_type"]
    if kind == "PREFIX_TUNING":
        return "p_tuning_v2", {"pre_seq_len": len(peft_weights(folder)["prompt_embeddings"])}
    if kind in ("PROMPT_TUNING", "P_TUNING"):  # of P-Tuning peft saves what the encoder made, and not the encoder
        return "prompt_tuning", {"num_virtual_tokens": len(peft_weights(folder)["prompt_embeddings"])}
    known = PEFT_TYPE_TO_CONFIG_MAPPING[kind].__dataclass_fields__
    strange = [name for name, value in config.items() if name not in known and value]
    if strange:
        raise ModelError(f"{folder / CONFIG}: the installed peft does not know {', '.join(strange)}; upgrade peft")
    dropped = _NOT_OURS | ({"rank_pattern"} if kind == "ADALORA" else set())  # its weights are made whole again
    fields = {name: value for name, value in config.items() if name in known and name not in dropped}
    return "lora", {"peft_config": fields}
