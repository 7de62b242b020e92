"""Keys and values of many answers, each in a slot of its own, in memory that is taken once."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from train.models.prefix import KeyValue


class Slots:
    """``held`` has a pair a layer, each (slots, heads, capacity, head size)."""

    def __init__(self, like: Sequence[KeyValue], *, slots: int, capacity: int) -> None:
        """Room for keys and values of this kind, (batch, heads, length, head size) a layer."""
        self.held: list[KeyValue] = [
            tuple(side.new_zeros(slots, side.shape[1], capacity, side.shape[3]) for side in pair)  # type: ignore[misc]
            for pair in like
        ]
        device = self.held[0][0].device
        self.rows, self.columns = torch.arange(slots, device=device), torch.arange(capacity, device=device)

    def fill(self, rows: Tensor, read: Sequence[KeyValue]) -> None:
        """Put what a prompt left into each of these slots; what stood behind it goes, for 0 times NaN is NaN."""
        for pair, new in zip(self.held, read, strict=True):
            for held, side in zip(pair, new, strict=True):
                length = side.shape[2]
                held[rows, :, :length] = side
                held[rows, :, length:] = 0

    def visible(self, lengths: Tensor, width: int) -> Tensor:
        """Of the first ``width`` columns those that a new token sees, itself included; (slots, 1, 1, width)."""
        return (self.columns[:width] <= lengths[:, None])[:, None, None]

    def layer(self, number: int, lengths: Tensor, visible: Tensor | None) -> "Layer":
        return Layer(*self.held[number], self.rows, lengths, visible)


class Layer(NamedTuple):
    """The slots of one layer while a token is added to each."""

    keys: Tensor
    values: Tensor
    rows: Tensor
    lengths: Tensor
    visible: Tensor | None
    """Of the first columns, which are seen; None where our own kernel finds that out."""

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Write down keys and values of the new tokens, and let their queries see all of their slot.

        Shapes: (slots, heads, 1, head size); keys and values may have fewer heads: neighbouring queries share one.
        """
        self.keys[self.rows, :, self.lengths] = keys[:, :, 0]
        self.values[self.rows, :, self.lengths] = values[:, :, 0]
        if self.visible is None:
            from train.models.decoding.kernel import attend_slots  # there is no Triton on every machine

            return attend_slots(queries, self.keys, self.values, self.lengths)
        rows, width = queries.reshape(*keys.shape[:2], -1, keys.shape[-1]), self.visible.shape[-1]
        attended = nn.functional.scaled_dot_product_attention(
            rows, self.keys[:, :, :width], self.values[:, :, :width], attn_mask=self.visible
        )
        return attended.reshape(queries.shape)
