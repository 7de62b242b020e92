"""A whole model of random numbers on the graphics card, without a checkpoint: for what depends on sizes alone."""

from typing import Any

import torch

SPREAD = 0.02
"""Standard deviation of the weights; norms are one, biases zero."""


@torch.no_grad()
def random_model(family: Any, dtype: torch.dtype, **fields: Any) -> Any:
    """The released size of a family, unless ``fields`` of its configuration say otherwise."""
    torch.manual_seed(0)
    model = family.skeleton(**fields).to(dtype).to_empty(device="cuda")
    for name, weight in model.named_parameters():
        if name.endswith("bias"):
            weight.zero_()
        elif "norm" in name:
            weight.fill_(1.0)
        else:
            weight.normal_(std=SPREAD)
    model.tie_weights()
    return model.eval()
