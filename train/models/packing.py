"""Examples end to end in one row, none seeing another: attention over them, and what of a batch it needs to know.

Nothing is padded but the end of the row, so that every token that is computed is a token of an example. In float16 and
bfloat16 on a graphics card kernels of our own do it; elsewhere torch's attention takes a mask of the whole row.
"""

from typing import NamedTuple, TypedDict

import torch
from torch import Tensor, nn

from train.models.fused import has_triton
from train.models.prefix import KeyValue

HALVES = (torch.float16, torch.bfloat16)
HEAD_SIZES = (16, 32, 64, 128)
"""That the kernels are written for."""


class Packing(TypedDict):
    """A row of examples, as the collator puts it together. What pads the end of the row is an example, too."""

    starts: Tensor
    """(examples + 1,), int32: the column where each begins; the last is the length of the row."""
    contexts: Tensor
    """(examples,), int32: how many tokens at its beginning are read in both directions."""
    segments: Tensor
    """(length,): which example a token is of."""
    longest: int


class Packed(NamedTuple):
    """What attention needs, on the device: made once a batch."""

    starts: Tensor
    contexts: Tensor
    longest: int
    visible: Tensor | None
    """(1, 1, length, keys), True where a query sees a key, those of all prefixes first; None where kernels do it."""


def has_kernel(states: Tensor, head_size: int) -> bool:
    """Whether the kernels run here, in this precision and with heads of this size."""
    fits = states.is_cuda and states.dtype in HALVES and head_size in HEAD_SIZES
    return fits and has_triton()


def lay_out(packing: Packing, prefix: int, *, dense: bool) -> Packed:
    """Find who sees whom; ``prefix`` keys stand before those of every example. The host waits for nothing."""
    visible = _visible(packing, prefix) if dense else None
    return Packed(packing["starts"], packing["contexts"], packing["longest"], visible)


def attend_packed(
    queries: Tensor, own: KeyValue, before: tuple[Tensor | None, Tensor | None], packed: Packed
) -> Tensor:
    """Attention within each example and its prefix.

    Shapes: (1, heads, length, head_size); the prefix (examples or 1, heads, prefix, head_size). Keys and values may
    have fewer heads than the queries: neighbouring queries share one.
    """
    examples = len(packed.contexts)
    prefixes = [None if side is None else side.expand(examples, -1, -1, -1) for side in before]
    if packed.visible is None:
        from train.models.packed_attention import attend_examples  # there is no Triton on every machine

        rows, keys, values = (side.squeeze(0).transpose(0, 1) for side in (queries, *own))  # an index copies gradients
        attended = attend_examples(rows, (keys, values), (prefixes[0], prefixes[1]), packed)
        return attended.transpose(0, 1)[None]
    shared = queries.shape[1] // own[0].shape[1]
    keys, values = (
        _in_a_row(side, prefix).repeat_interleave(shared, dim=1) for side, prefix in zip(own, prefixes, strict=True)
    )
    return nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=packed.visible)


def _in_a_row(tokens: Tensor, prefix: Tensor | None) -> Tensor:
    """Keys or values of all prefixes, then those of the tokens, (1, heads, keys, head_size)."""
    return tokens if prefix is None else torch.cat((prefix.transpose(0, 1).flatten(1, 2)[None], tokens), dim=2)


def _visible(packing: Packing, prefix: int) -> Tensor:
    """The mask of the whole row: a token sees its prefix, what stands before it in its example, and the context."""
    starts, segments = packing["starts"], packing["segments"]
    columns = torch.arange(len(segments), device=segments.device)
    in_context = columns < (starts[:-1] + packing["contexts"])[segments]
    together = segments[:, None] == segments
    tokens = together & ((columns <= columns[:, None]) | in_context)
    owners = torch.arange(len(starts) - 1, device=segments.device).repeat_interleave(prefix)
    return torch.cat((segments[:, None] == owners, tokens), dim=1)[None, None]
