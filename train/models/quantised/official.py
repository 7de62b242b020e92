"""The official INT4 and INT8 of ChatGLM: each row of a weight is whole numbers times the row's scale, around zero.

INT8 is one byte a number. INT4 is two numbers a byte: an even column in the upper four bits, the odd one behind it in
the lower four. This is the plain arithmetic, on any device; ``kernels.py`` does the same on a graphics card.
"""

from typing import Literal

import torch
from torch import Tensor

from schemas.errors import ModelError

Bits = Literal[4, 8]
SCALE = torch.float16
"""Of the scales, as the official files have them: wider ones would be other weights."""


def official_bits(found: object) -> Bits:
    """What a configuration has under ``quantization_bit``; raises ModelError for other numbers than 4 and 8."""
    if found not in (4, 8):
        raise ModelError(f"quantization_bit {found} in config.json; expected 4 or 8, or 0 without quantisation")
    return 4 if found == 4 else 8


def quantised(weight: Tensor, bits: Bits) -> tuple[Tensor, Tensor]:
    """The numbers and scales of a weight, rounded where the official code rounds.

    Shapes: (rows, columns) -> int8 (rows, columns), or (rows, columns / 2) for 4 bits; (rows,).
    """
    largest = 2 ** (bits - 1) - 1
    scale = (weight.abs().amax(dim=1) / largest).to(SCALE)
    divisor = torch.where(scale == 0, torch.ones_like(scale), scale)  # a row of zeros stays one
    numbers = torch.round(weight / divisor[:, None]).clamp_(-largest, largest).to(torch.int8)
    return (numbers if bits == 8 else packed(numbers)), scale


def packed(numbers: Tensor) -> Tensor:
    """Two columns of 4 bits in a byte."""
    return (numbers[:, 0::2] << 4) | (numbers[:, 1::2] & 15)


def unpacked(numbers: Tensor) -> Tensor:
    """The columns of ``packed``, with their signs."""
    whole = numbers.new_empty(len(numbers), 2 * numbers.shape[1])
    whole[:, 0::2], whole[:, 1::2] = numbers >> 4, (numbers << 4) >> 4
    return whole


def dequantised(numbers: Tensor, scale: Tensor, columns: int, dtype: torch.dtype) -> Tensor:
    """The weight of so many columns; the product of number and scale is rounded once."""
    whole = numbers if numbers.shape[1] == columns else unpacked(numbers)
    exact = torch.float32 if dtype == torch.bfloat16 else dtype  # which has too few bits for a scale
    return whole.to(exact).mul_(scale.to(exact)[:, None]).to(dtype)
