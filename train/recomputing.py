"""Layers that are computed again for the backward pass instead of kept: the lowest ones, so many as memory asks for.

While the backward pass computes one again, what the layers above it kept is gone already: so the lowest cost nothing at
the peak but their inputs.
"""

from collections.abc import Iterable
from functools import partial
from itertools import islice

from torch import nn
from torch.utils.checkpoint import checkpoint

from train.estimate import lowest_layer
from train.methods.method import Model


def recompute(model: Model, blocks: Iterable[nn.Module], count: int) -> None:
    """Of the layers that gradients pass, have ``count`` compute again, with the random numbers of the first time."""
    first = lowest_layer([name for name, weight in model.named_parameters() if weight.requires_grad])
    for block in islice(blocks, first, first + count):
        block.gradient_checkpointing = True  # type: ignore[assignment]
        block._gradient_checkpointing_func = partial(checkpoint, use_reentrant=False)  # type: ignore[assignment]
