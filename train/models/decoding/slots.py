"""Keys and values of many answers, each in a slot of its own, in memory that is taken once."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from train.models.prefix import KeyValue


class Slots:
    """``held`` has a pair a layer, each (slots, heads, capacity, head size), the same prefix at every beginning."""

    def __init__(self, held: list[KeyValue], prefix: Sequence[KeyValue], *, clears: bool) -> None:
        """``held`` has any numbers, ``prefix`` a pair a layer with a batch of one, or none.

        ``clears``: what stands behind a prompt that is read is made 0, for 0 times NaN is NaN; needless where a kernel
        reads only what is there.
        """
        self.held, self.prefix, self.clears = held, prefix, clears
        for pair, before in zip(held, prefix, strict=False):
            for side, beginning in zip(pair, before, strict=True):
                side[:, :, : beginning.shape[2]] = beginning
        keys = held[0][0]
        self.rows, self.columns = (torch.arange(size, device=keys.device) for size in (keys.shape[0], keys.shape[2]))

    def reading(self, rows: Tensor) -> "Reading":
        return Reading(self, rows)

    def visible(self, lengths: Tensor, width: int) -> Tensor:
        """Of the first ``width`` columns those that a new token sees, itself included; (slots, 1, 1, width)."""
        return (self.columns[:width] <= lengths[:, None])[:, None, None]

    def layer(self, number: int, lengths: Tensor, visible: Tensor | None) -> "Layer":
        return Layer(*self.held[number], self.rows, lengths, visible)


class Reading:
    """What the layers see of these slots while a prompt is read into each: a cache, as far as they ask for one."""

    def __init__(self, slots: Slots, rows: Tensor) -> None:
        self._slots, self._rows = slots, rows

    def get_seq_length(self) -> int:
        return self._slots.prefix[0][0].shape[2] if self._slots.prefix else 0

    def update(self, keys: Tensor, values: Tensor, layer: int) -> KeyValue:
        """Write down those of the prompts, and give those of the prefix before them."""
        first = self.get_seq_length()
        last = first + keys.shape[2]
        for held, side in zip(self._slots.held[layer], (keys, values), strict=True):
            held[self._rows, :, first:last] = side
            if self._slots.clears:
                held[self._rows, :, last:] = 0
        if not first:
            return keys, values
        before_keys, before_values = (side.expand(len(keys), -1, -1, -1) for side in self._slots.prefix[layer])
        return torch.cat((before_keys, keys), dim=2), torch.cat((before_values, values), dim=2)


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
