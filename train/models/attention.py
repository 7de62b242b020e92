"""What the layers of both generations share in their attention; how they turn and split their heads is their own."""

from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers.cache_utils import Cache

from train.models.decoding.slots import Layer
from train.models.packing import Packed
from train.models.prefix import KeyValue


class Shared(NamedTuple):
    """What is made once a batch and used by every layer. (A tuple: accelerate moves its tensors between devices.)"""

    cos: Tensor
    sin: Tensor
    visible: Tensor | None
    """True where a query sees a key, (batch or 1, 1, queries, keys); or None, as the generation's kernel takes it."""
    cache: Cache | None
    packed: Packed | None = None
    """Where several examples stand in one row; then ``visible`` and ``cache`` are None."""
    slots: Layer | None = None
    """Where each of many answers gets one token more; then ``visible`` and ``cache`` are None."""


def with_those_before(
    own: KeyValue, prefix: tuple[Tensor | None, Tensor | None], cache: Cache | None, layer: int
) -> KeyValue:
    """Put the prefix, which is not rotated, or what the cache holds before keys and values of the tokens.

    Shapes: (batch, heads, length, head_size).
    """
    (keys, values), (prefix_keys, prefix_values) = own, prefix
    if prefix_keys is not None and prefix_values is not None:
        keys = torch.cat((prefix_keys, keys), dim=2)
        values = torch.cat((prefix_values, values), dim=2)
    return (keys, values) if cache is None else cache.update(keys, values, layer)


def quick_kernels() -> AbstractContextManager[None]:
    """Without gradients, keep to the kernels that need no plan.

    cuDNN plans every new length, which takes 50 ms: little for training, much for each token of an answer.
    """
    if torch.is_grad_enabled():
        return nullcontext()
    return sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH])
