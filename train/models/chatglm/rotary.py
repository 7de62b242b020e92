"""Rotary positions of ChatGLM-6B: each half of a head is turned by one axis of the two-dimensional positions."""

import torch
from torch import Tensor

from train.models.fused import has_triton, is_worth_fusing

BASE = 10_000.0


def inverse_frequencies(size: int, device: torch.device | str = "cpu") -> Tensor:
    """The frequencies of ``size`` dimensions in float16: the released weights know them with that rounding only."""
    exponents = torch.arange(0, size, 2, device=device, dtype=torch.float32) / size
    return (1.0 / BASE**exponents).half()


def rotary_tables(positions: Tensor, head_size: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and sines of a batch, computed once and shared by all layers.

    In float16 the angles are rounded to float16 as well, as when the weights were trained. In bfloat16, where that
    would fold positions above 256 together (as the official code does), they are computed in float32 and then cast.
    Shapes: positions (batch, axes, length) -> twice (batch, 1, length, head_size).
    """
    inverse = inverse_frequencies(head_size // positions.shape[1], positions.device)
    exact = torch.float16 if dtype == torch.float16 else torch.float32
    angles = positions.to(exact)[..., None] * inverse.to(exact)
    both = torch.cat((angles, angles), dim=-1).transpose(1, 2).flatten(2)[:, None]
    return both.cos().to(dtype), both.sin().to(dtype)


def split_and_turn(qkv: Tensor, cos: Tensor, sin: Tensor, axes: int) -> tuple[Tensor, Tensor, Tensor]:
    """Queries and keys, turned, and values: (batch, length, heads, 3 * head_size) -> (batch, length, heads, head_size).

    ``cos`` and ``sin`` are (batch, length, 1, head_size).
    """
    if is_worth_fusing(qkv) and has_triton():
        from train.models.chatglm import rotary_kernel  # there is no Triton on every machine

        return rotary_kernel.split_and_turn(qkv, cos, sin, axes)
    queries, keys, values = qkv.chunk(3, dim=-1)
    return rotate(queries, cos, sin, axes), rotate(keys, cos, sin, axes), values


def rotate(states: Tensor, cos: Tensor, sin: Tensor, axes: int) -> Tensor:
    """Turn queries or keys; within an axis the first half pairs with the second."""
    first, second = states.view(*states.shape[:-1], axes, 2, -1).unbind(-2)
    turned = torch.stack((-second, first), dim=-2).flatten(-3)
    return states * cos + turned * sin
