"""Rotary positions of Baichuan2-7B: in float32 whatever the model is in, as the weights were trained."""

import torch
from torch import Tensor

BASE = 10_000.0


def rotary_tables(positions: Tensor, head_size: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines of a batch, computed once and shared by all layers.

    Shapes: positions (batch, length) -> twice (batch, 1, length, head_size), float32.
    """
    exponents = torch.arange(0, head_size, 2, device=positions.device, dtype=torch.float32) / head_size
    angles = positions[:, None, :, None].float() * BASE**-exponents
    both = torch.cat((angles, angles), dim=-1)
    return both.cos(), both.sin()


def rotate(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn queries or keys, (batch, heads, length, head_size); the first half pairs with the second."""
    exact = states.float()
    first, second = exact.chunk(2, dim=-1)
    turned = torch.cat((-second, first), dim=-1)
    return (exact * cos + turned * sin).to(states.dtype)
