"""Weights on their way from a checkpoint into a model that is, or becomes, quantised; one tensor at a time."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from schemas.errors import ModelError
from train.models.quantised.choice import OFFICIAL, Quantization
from train.models.quantised.linear import QuantisedLinear, blocks, place_in_blocks
from train.models.quantised.official import dequantised

_SCALE = "_scale"


def prepared(model: Any, quantization: Quantization) -> set[str]:
    """Make room for what will be read; returns the weights that have to be quantised by a library when they come."""
    if quantization in OFFICIAL:
        place_in_blocks(model, OFFICIAL[quantization])
    if quantization == "none" or quantization in OFFICIAL:
        return set()
    linear = {id(module) for block in blocks(model) for module in block.modules() if type(module) is nn.Linear}
    return {f"{name}.weight" for name, module in model.named_modules() if id(module) in linear}


def with_whole_embeddings(
    tensors: Iterable[tuple[str, Tensor]], expected: Mapping[str, Tensor], where: str
) -> Iterator[tuple[str, Tensor]]:
    """Dequantise what a file has in 4 or 8 bits and the model has not: embeddings, in some official files."""
    held: dict[str, Tensor] = {}
    for name, tensor in tensors:
        weight = name.removesuffix(_SCALE)
        is_numbers = tensor.dtype == torch.int8 and name in expected and expected[name].is_floating_point()
        is_scale = weight != name and name not in expected and weight in expected
        if not (is_numbers or is_scale):
            yield name, tensor
            continue
        held[name] = tensor
        if {weight, weight + _SCALE} <= held.keys():
            numbers, scale = held.pop(weight), held.pop(weight + _SCALE)
            yield weight, dequantised(numbers, scale, expected[weight].shape[1], expected[weight].dtype)
    for name, tensor in held.items():
        if name in expected:
            raise ModelError(
                f"{where}: {name} is quantised, but no {name}{_SCALE} is in its weights; download it again"
            )
        yield name, tensor


def fill_official(module: nn.Module, leaf: str, tensor: Tensor, device: torch.device | str) -> bool:
    """Quantise the weight of a layer as it comes; whether that was to be done."""
    if not isinstance(module, QuantisedLinear) or leaf != "weight" or not tensor.is_floating_point():
        return False
    if tensor.shape != (module.out_features, module.in_features):
        return False
    module.fill(tensor, device)
    return True
