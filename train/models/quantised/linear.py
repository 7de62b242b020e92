"""A linear layer of the official INT4 or INT8: what stays in memory is the numbers and their scales.

The whole weight exists while a product needs it. The backward pass dequantises anew, for keeping it is what the
quantisation is to avoid; only the input gets a gradient.
"""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from train.models.fused import has_triton
from train.models.quantised import processor
from train.models.quantised.official import SCALE, Bits, dequantised, quantised

WORD = 4
"""Bytes that the kernel takes at once."""


class QuantisedLinear(nn.Linear):
    """Its state has the official names: ``weight`` (int8, packed for 4 bits), ``weight_scale``, ``bias``.

    It is a linear layer to whoever asks by class; what looks at ``weight`` finds whole numbers, hence ``refuse.py``.
    """

    def __init__(self, columns: int, rows: int, *, bits: Bits, bias: nn.Parameter | None, device: Any = None) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features, self.bits = columns, rows, bits
        numbers = torch.empty(rows, columns * bits // 8, dtype=torch.int8, device=device)
        self.weight = nn.Parameter(numbers, requires_grad=False)
        self.weight_scale = nn.Parameter(torch.empty(rows, dtype=SCALE, device=device), requires_grad=False)
        self.register_parameter("bias", bias)

    def reset_parameters(self) -> None:
        """Numbers are read, never drawn."""

    def whole_weight(self, dtype: torch.dtype) -> Tensor:
        return _whole(self.weight, self.weight_scale, self.in_features, dtype)

    @torch.no_grad()
    def fill(self, weight: Tensor, device: torch.device | str) -> None:
        """Take the numbers of a weight that is not quantised yet."""
        numbers, scale = quantised(weight.to(device), self.bits)
        self.weight = nn.Parameter(numbers, requires_grad=False)
        self.weight_scale = nn.Parameter(scale, requires_grad=False)

    def forward(self, hidden: Tensor) -> Tensor:
        device = hidden.device.type
        wanted = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else hidden.dtype
        bias = None if self.bias is None else self.bias.to(wanted)
        given = (hidden.to(wanted).reshape(-1, self.in_features), self.weight, self.weight_scale, bias)
        trains = torch.is_grad_enabled() and (hidden.requires_grad or (bias is not None and bias.requires_grad))
        output: Tensor = _Product.apply(*given) if trains else _answered(*given)  # type: ignore[no-untyped-call]
        return output.view(*hidden.shape[:-1], self.out_features)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, bits={self.bits}"


def place(module: nn.Module, bits: Bits) -> None:
    """Make every linear layer below a module one that is quantised; its numbers are still to come."""
    for name, child in list(module.named_children()):
        if type(child) is nn.Linear:
            made = QuantisedLinear(
                child.in_features, child.out_features, bits=bits, bias=child.bias, device=child.weight.device
            )
            setattr(module, name, made)
        else:
            place(child, bits)


def place_in_blocks(model: Any, bits: Bits) -> None:
    """The same for every block of a model; its vocabulary stays as it is."""
    for block in blocks(model):
        place(block, bits)


def blocks(model: Any) -> list[nn.Module]:
    names = set(model._no_split_modules or ())
    return [module for module in model.modules() if type(module).__name__ in names]


def packed_away(model: nn.Module) -> int:
    """How many weights more the quantised layers stand for than they have parameters."""
    return sum(
        layer.in_features * layer.out_features - layer.weight.numel() - layer.out_features for layer in layers(model)
    )


def largest_whole_bytes(model: nn.Module) -> int:
    """What the largest of the weights takes while a product needs it whole; 0 where nothing is quantised."""
    wide = next((weight.element_size() for weight in model.parameters() if weight.is_floating_point()), 4)
    return max((layer.in_features * layer.out_features * wide for layer in layers(model)), default=0)


def layers(model: nn.Module) -> Iterator[QuantisedLinear]:
    return (module for module in model.modules() if isinstance(module, QuantisedLinear))


class _Product(torch.autograd.Function):
    """Shapes: hidden (tokens, columns) -> (tokens, rows)."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, numbers: Tensor, scale: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(numbers, scale)
        ctx.columns = hidden.shape[1]
        return nn.functional.linear(hidden, _whole(numbers, scale, ctx.columns, hidden.dtype), bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, None, None, Tensor | None]:
        numbers, scale = ctx.saved_tensors
        of_hidden = gradient @ _whole(numbers, scale, ctx.columns, gradient.dtype) if ctx.needs_input_grad[0] else None
        return of_hidden, None, None, gradient.sum(0) if ctx.needs_input_grad[3] else None


def _answered(hidden: Tensor, numbers: Tensor, scale: Tensor, bias: Tensor | None) -> Tensor:
    """The same without gradients; few tokens at once do without the whole weight."""
    fast, (tokens, columns) = kernels(numbers), hidden.shape
    if processor.can_multiply(hidden, numbers):
        return processor.multiply_few(hidden, numbers, scale, bias)
    if fast is None or not 0 < tokens <= fast.FEW or hidden.dtype == torch.float32:
        return nn.functional.linear(hidden, _whole(numbers, scale, columns, hidden.dtype), bias)
    output: Tensor = fast.multiply_few(hidden.contiguous(), numbers, scale, bias)
    return output


def _whole(numbers: Tensor, scale: Tensor, columns: int, dtype: torch.dtype) -> Tensor:
    fast = kernels(numbers)
    if fast is None or numbers.shape[1] % WORD:
        return dequantised(numbers, scale, columns, dtype)
    weight: Tensor = fast.dequantise(numbers, scale, columns, dtype)
    return weight


def kernels(numbers: Tensor) -> ModuleType | None:
    """The Triton kernels where they can run."""
    return import_module("train.models.quantised.kernels") if numbers.is_cuda and has_triton() else None
