"""Products of few tokens on a processor, from the numbers themselves: a whole weight would take most of the time."""

import torch
from torch import Tensor

FEW = 4
"""Tokens up to which it is faster."""
_UNIT = 32
"""Columns that torch's kernel takes at once."""


def can_multiply(hidden: Tensor, numbers: Tensor) -> bool:
    """Whether torch's kernel knows the case: it checks no bounds, and in half precision it is slow or wrong."""
    is_sound = hidden.dtype == torch.float32 and numbers.shape[1] % _UNIT == 0 and numbers.device.type == "cpu"
    return is_sound and 0 < len(hidden) <= FEW and hasattr(torch, "_weight_int8pack_mm")


def multiply_few(hidden: Tensor, numbers: Tensor, scale: Tensor, bias: Tensor | None) -> Tensor:
    """Even and odd columns of 4 bits are a product each. Shapes: (tokens, columns) -> (tokens, rows)."""
    scale = scale.float()
    if numbers.shape[1] == hidden.shape[1]:
        output = torch._weight_int8pack_mm(hidden.contiguous(), numbers, scale)
    else:
        output = torch._weight_int8pack_mm(hidden[:, 0::2].contiguous(), numbers >> 4, scale)
        output += torch._weight_int8pack_mm(hidden[:, 1::2].contiguous(), (numbers << 4) >> 4, scale)
    return output if bias is None else output + bias
