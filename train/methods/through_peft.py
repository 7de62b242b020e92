"""Methods that peft has: its model around ours, its files, nothing of this machine in them.

A folder is what ``PeftModel.from_pretrained`` reads: ``adapter_model.safetensors`` and ``adapter_config.json``.
"""

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from peft import PeftConfig, PeftType, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING
from safetensors.torch import save_file
from torch import Tensor, nn

from schemas.errors import ModelError, OptionError
from train.methods.method import Model
from train.methods.settings import unknown
from train.methods.trained import compute_in, keep_in_float32
from train.models.checkpoint import read_weights
from train.models.quantised.choice import is_quantised

CONFIG, WEIGHTS, OLD_WEIGHTS = "adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"
NAME = "default"


def wrap(model: Model, config: PeftConfig) -> Model:
    """Peft's model around ours; raises OptionError where peft cannot."""
    dtype = model.dtype
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*is_gradient_checkpointing. is deprecated", FutureWarning)
        try:
            wrapped = get_peft_model(model, config, NAME)
        except (ValueError, TypeError) as error:
            raise OptionError(f"peft cannot tune {type(model).__name__} so: {' '.join(str(error).split())}") from None
    keep_in_float32(wrapped)
    for name, module in wrapped.named_modules():
        if _is_of_the_base(name, module):
            compute_in(module, dtype)
    return wrapped


def _is_of_the_base(name: str, module: nn.Module) -> bool:
    """Whether it trains itself, and nothing beside it: a copy (``modules_to_save``) or its bias (``bias: all``).

    Quantised layers are in several precisions and compute in the one of their input.
    """
    if is_quantised(module):
        return False
    copied = name.rpartition(".")[0].endswith((".modules_to_save", ".ln_tuning_layers"))
    return copied or len({parameter.dtype for parameter in module.parameters(recurse=False)}) > 1


def peft_config(kind: str, values: Mapping[str, Any]) -> PeftConfig:
    """Peft's configuration of a kind (``LORA``, ``IA3``); raises OptionError for what it does not take."""
    try:
        return PEFT_TYPE_TO_CONFIG_MAPPING[PeftType(kind)](task_type="CAUSAL_LM", **values)
    except (ValueError, TypeError) as error:
        raise OptionError(f"peft_config of {kind}: {' '.join(str(error).split())}") from None


def check_fields(kind: str, names: Iterable[str]) -> None:
    """Raises OptionError for names that are no fields of a kind's configuration."""
    known = [field.name for field in fields(PEFT_TYPE_TO_CONFIG_MAPPING[PeftType(kind)])]
    if strange := [unknown(name, known) for name in names if name not in known]:
        raise OptionError(f"peft_config of {kind}: {'; '.join(strange)}")


def save_peft(model: Model, folder: Path) -> None:
    """Write weights and configuration, which names no base: its path here is of no use elsewhere."""
    with _uncut(model):
        config = copy(model.peft_config[NAME])
        weights = {name: tensor.detach().cpu().clone() for name, tensor in _weights(model).items()}
    config.base_model_name_or_path, config.inference_mode = None, True
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    config.save_pretrained(str(folder))


def restore_peft(model: Model, folder: Path) -> None:
    """Read what peft or we saved; raises ModelError where it does not fit what is adapted."""
    found = peft_weights(folder)
    if pattern := config_of(folder).get("rank_pattern") if _is_adalora(model) else None:
        found = sewn(found, pattern)
    with _uncut(model):
        expected = _weights(model)
        for name in sorted({*found} ^ {*expected}):
            where = "is in it, but not trained here" if name in found else "is not in it"
            raise ModelError(f"{folder}: {name} {where}; do settings and base fit?")
        for name, tensor in found.items():
            if tensor.shape != expected[name].shape:
                shapes = f"{tuple(tensor.shape)}, expected {tuple(expected[name].shape)}"
                raise ModelError(f"{folder}: {name} is {shapes}; do settings and base fit?")
        set_peft_model_state_dict(model, found, NAME)


def sewn(weights: Mapping[str, Tensor], pattern: Mapping[str, Sequence[bool]]) -> dict[str, Tensor]:
    """AdaLoRA's weights whole again, zero where peft cut off the ranks that it had given up."""
    whole = dict(weights)
    for name, kept in pattern.items():
        places = torch.tensor(kept).flatten().nonzero()[:, 0]
        layer = f"base_model.model.{name.partition('.lora_E')[0]}"
        for key, axis in ((f"{layer}.lora_E", 0), (f"{layer}.lora_A", 0), (f"{layer}.lora_B", 1)):
            shape = list(weights[key].shape)
            shape[axis] = len(kept)
            if weights[key].shape[axis] == len(places):
                whole[key] = weights[key].new_zeros(shape).index_copy(axis, places, weights[key])
    return whole


def peft_weights(folder: Path) -> dict[str, Tensor]:
    for name in (WEIGHTS, OLD_WEIGHTS):
        if (folder / name).is_file():
            return read_weights(folder / name)
    raise ModelError(f"{folder}: neither {WEIGHTS} nor {OLD_WEIGHTS} in it; copy the whole folder again")


def config_of(folder: Path) -> dict[str, Any]:
    """The fields of ``adapter_config.json``; raises ModelError for what no current peft reads."""
    path = folder / CONFIG
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ModelError(f"{path}: cannot be read: {error}; expected what peft saves") from None
    kind = values.get("peft_type") if isinstance(values, dict) else None
    if kind not in {known.value for known in PEFT_TYPE_TO_CONFIG_MAPPING}:
        raise ModelError(f"{path}: peft_type {kind!r} is unknown to the installed peft; upgrade peft")
    if "enable_lora" in values:
        raise ModelError(
            f"{path}: an adapter of the first versions of peft (MergedLinear, enable_lora), which no current one "
            "reads; train anew with --method lora"
        )
    return dict(values)


def _weights(model: Model) -> dict[str, Tensor]:
    """By peft's names."""
    return dict(get_peft_model_state_dict(model, adapter_name=NAME, save_embedding_layers=False))


def _is_adalora(model: Model) -> bool:
    return bool(model.peft_config[NAME].peft_type == PeftType.ADALORA)


@contextmanager
def _uncut(model: Model) -> Iterator[None]:
    """Keep peft from cutting AdaLoRA's weights to the ranks of the moment: training could not go on from them."""
    config = model.peft_config[NAME]
    if not _is_adalora(model):
        yield
        return
    pattern, config.rank_pattern = config.rank_pattern, None
    try:
        yield
    finally:
        config.rank_pattern = pattern
