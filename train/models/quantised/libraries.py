"""Quantisations of other libraries, by choice: a linear layer of theirs for one of ours. What they give is theirs.

Their layers pass gradients to their inputs and dequantise again in the backward pass, as ours do.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

Made = Callable[[nn.Linear, Tensor], nn.Module]
"""Of a layer and its weight, where it is to stay and in the precision to compute in: the layer in its place."""


def _nf4(linear: nn.Linear, weight: Tensor) -> nn.Module:
    """Normal floats of 4 bits in blocks of 64, the scales quantised again: the base of QLoRA."""
    from bitsandbytes.nn import Linear4bit, Params4bit

    options: Any = {"quant_type": "nf4", "compress_statistics": True}
    made: Any = Linear4bit(*_sides(linear), bias=False, compute_dtype=weight.dtype, device="meta", **options)
    made.support_avx512bf16_for_cpu = False  # packs weights for answers, and then cannot train
    made.weight = Params4bit(weight.contiguous(), requires_grad=False, **options).to(weight.device)
    made.register_forward_hook(_as_its_own)
    return _with_bias(made, linear)


def _llm_int8(linear: nn.Linear, weight: Tensor) -> nn.Module:
    """Inputs are quantised too, but for the columns with outliers."""
    from bitsandbytes.nn import Int8Params, Linear8bitLt

    made: Any = Linear8bitLt(*_sides(linear), bias=False, has_fp16_weights=False, threshold=6.0, device="meta")
    made.weight = Int8Params(weight.contiguous(), requires_grad=False, has_fp16_weights=False).to(weight.device)
    made.register_forward_hook(_as_its_own)
    return _with_bias(made, linear)


def _torchao_int8(linear: nn.Linear, weight: Tensor) -> nn.Module:
    """Weights alone, row by row."""
    from torchao.quantization import Int8WeightOnlyConfig, quantize_

    made = nn.Linear(*_sides(linear), bias=False, device="meta")
    made.weight = nn.Parameter(weight, requires_grad=False)
    quantize_(made, Int8WeightOnlyConfig())
    return _with_bias(made, linear)


MADE: Mapping[str, Made] = {"nf4": _nf4, "llm-int8": _llm_int8, "torchao-int8": _torchao_int8}


def put(model: nn.Module, path: str, weight: Tensor, quantization: str) -> None:
    """Replace a linear layer of the model by one that is quantised."""
    linear = model.get_submodule(path)
    if isinstance(linear, nn.Linear):
        with torch.no_grad():
            model.set_submodule(path, MADE[quantization](linear, weight))


def _as_its_own(_: nn.Module, __: Any, output: Tensor) -> Tensor:
    """It is a view, which AdaLoRA may not add to in place."""
    return output.clone() if torch.is_grad_enabled() else output


def _sides(linear: nn.Linear) -> tuple[int, int]:
    return linear.in_features, linear.out_features


def _with_bias(made: nn.Module, linear: nn.Linear) -> nn.Module:
    """Whose values may not be read yet."""
    made.bias = linear.bias
    return made
