"""Layers that are computed again for the backward pass instead of kept: the lowest ones, so many as memory asks for.

While the backward pass computes one again, what the layers above it kept is gone already: so the lowest cost nothing at
the peak but their inputs.
"""

from functools import partial
from itertools import islice

from torch.utils.checkpoint import checkpoint

from train.estimate import lowest_layer
from train.families.structure import blocks
from train.methods.method import Model


def recompute(model: Model, count: int) -> None:
    """Of the layers that gradients pass, have ``count`` compute again, with the random numbers of the first time."""
    if not count:
        return
    first = lowest_layer([name for name, weight in model.named_parameters() if weight.requires_grad])
    for block in islice(blocks(model), first, first + count):
        block.gradient_checkpointing = True  # type: ignore[assignment]
        block._gradient_checkpointing_func = partial(checkpoint, use_reentrant=False)  # type: ignore[assignment]
