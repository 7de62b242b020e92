"""Rotary positions of ChatGLM2-6B: the first half of each head turns, neighbour with neighbour; the rest stays."""

import torch
from torch import Tensor

from train.models.fused import fused

BASE = 10_000.0


def rotary_tables(positions: Tensor, head_size: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and sines of a batch, computed once and shared by all layers.

    In float16 frequencies, positions and angles are rounded to float16, as when the weights were trained. In bfloat16,
    where that would fold positions above 256 together (as the official code does), they are computed in float32.
    Shapes: positions (batch, length) -> twice (batch, 1, length, head_size / 4).
    """
    exact = torch.float16 if dtype == torch.float16 else torch.float32
    turning = head_size // 2
    theta = 1.0 / (BASE ** (torch.arange(0, turning, 2, dtype=exact, device=positions.device) / turning))
    angles = (positions.to(exact)[:, None, :, None] * theta).float()
    return angles.cos().to(dtype), angles.sin().to(dtype)


@fused
def rotate(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn queries or keys, (batch, length, heads, head_size); ``cos`` and ``sin`` (batch, length, 1, …)."""
    turning = 2 * cos.shape[-1]
    even, odd = states[..., 0:turning:2], states[..., 1:turning:2]
    turned = torch.stack((even * cos - odd * sin, odd * cos + even * sin), dim=-1).flatten(-2)
    return torch.cat((turned, states[..., turning:]), dim=-1)
