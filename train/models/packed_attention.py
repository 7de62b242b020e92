"""Attention of packed examples as one operation, whose gradients are computed again from what went into it.

Imported only where there is a graphics card that runs its kernels.
"""

import math
from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor

from train.models.packed_kernels import attend, key_gradients, query_gradients
from train.models.packing import Packed

_TILES = {
    "attend": {"ROWS": 64, "KEYS": 64, "num_warps": 4, "num_stages": 3},
    "queries": {"ROWS": 64, "KEYS": 64, "num_warps": 4, "num_stages": 2},
    "keys": {"ROWS": 64, "KEYS": 64, "num_warps": 4, "num_stages": 2},
}
"""Queries and keys that a program takes at once, and how; found by trying on an H100."""


class _Call(NamedTuple):
    """What every launch is given besides places."""

    examples: int
    prefix: int
    shared: int
    size: int
    longest: int

    def constants(self, kernel: str, prefix: int) -> dict[str, Any]:
        scale = self.size**-0.5 * math.log2(math.e)
        return {"SCALE": scale, "PREFIX": prefix, "SHARED": self.shared, "SIZE": self.size, **_TILES[kernel]}


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917 (autograd knows no keywords)
        ctx: Any,
        queries: Tensor,
        keys: Tensor,
        values: Tensor,
        prefix_keys: Tensor | None,
        prefix_values: Tensor | None,
        starts: Tensor,
        contexts: Tensor,
        longest: int,
    ) -> Tensor:
        tokens, heads, size = queries.shape
        before_keys, before_values = _prefix(prefix_keys, keys), _prefix(prefix_values, values)
        prefix = 0 if prefix_keys is None else prefix_keys.shape[2]
        call = _Call(len(contexts), prefix, heads // keys.shape[1], size, longest)
        output = queries.new_empty(queries.shape)
        wholes = queries.new_empty((heads, tokens), dtype=torch.float32)
        held = (queries, keys, values, before_keys, before_values)
        attend[(triton.cdiv(longest, _TILES["attend"]["ROWS"]), heads, call.examples)](
            *held, output, wholes, starts, contexts, tokens, *_strides(*held), **call.constants("attend", prefix)
        )
        ctx.save_for_backward(*held, output, wholes, starts, contexts)
        ctx.call = call
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        *held, output, wholes, starts, contexts = ctx.saved_tensors
        queries, keys, values, before_keys, before_values = held
        call, gradient = ctx.call, gradients[0].contiguous()
        (tokens, heads, _), groups = queries.shape, keys.shape[1]
        of_queries, owing = queries.new_empty(queries.shape), torch.empty_like(wholes)
        query_gradients[(triton.cdiv(call.longest, _TILES["queries"]["ROWS"]), heads, call.examples)](
            *held, output, wholes, starts, contexts, tokens, gradient, of_queries, owing,
            *_strides(*held), **call.constants("queries", call.prefix),
        )  # fmt: skip

        def of_keys(key: Tensor, value: Tensor, rows: int, prefix: int) -> tuple[Tensor, Tensor]:
            of_key, of_value = queries.new_empty((2, rows, groups, call.size)).unbind()
            blocks = triton.cdiv(prefix or call.longest, _TILES["keys"]["KEYS"])
            strides = (*_places(key), *_places(value))
            key_gradients[(blocks, groups, call.examples)](
                queries, key, value, wholes, starts, contexts, tokens, gradient, owing, of_key, of_value,
                *queries.stride()[:2], *strides, heads, **call.constants("keys", prefix),
            )  # fmt: skip
            return of_key, of_value

        asked = ctx.needs_input_grad
        own: Any = of_keys(keys, values, tokens, 0) if asked[1] or asked[2] else (None, None)
        before: Any = (None, None)
        if call.prefix and (asked[3] or asked[4]):
            made = of_keys(before_keys, before_values, call.examples * call.prefix, call.prefix)
            before = tuple(side.unflatten(0, (call.examples, -1)).transpose(1, 2) for side in made)
        return of_queries if asked[0] else None, *own, *before, None, None, None


def _prefix(given: Tensor | None, like: Tensor) -> Tensor:
    """Where there is none, any tensor of four dimensions will do."""
    return like[None] if given is None else given


def _places(side: Tensor) -> tuple[int, int, int]:
    """Strides from example to example, key to key, and head to head."""
    if side.dim() == 3:
        return 0, side.stride(0), side.stride(1)
    return side.stride(0), side.stride(2), side.stride(1)


def _strides(queries: Tensor, keys: Tensor, values: Tensor, *prefix: Tensor) -> list[int]:
    own = [stride for side in (queries, keys, values) for stride in side.stride()[:2]]
    return own + [stride for side in prefix for stride in side.stride()[:3]]


def attend_examples(
    queries: Tensor,
    own: tuple[Tensor, Tensor],
    prefix: tuple[Tensor | None, Tensor | None],
    packed: Packed,
) -> Tensor:
    """Shapes: queries (tokens, heads, size); keys and values (tokens, fewer heads, size); those of the prefix
    (examples, fewer heads, length, size) -> as queries, contiguous. Of the last dimension all are contiguous."""
    places = (packed.starts, packed.contexts, packed.longest)
    output: Tensor = _Attention.apply(queries, *own, *prefix, *places)  # type: ignore[no-untyped-call]
    return output
