"""Examples end to end in one row, none seeing another: attention over them, and what of a batch it needs to know.

Nothing is padded but the end of the row, so that every token that is computed is a token of an example. In float16 and
bfloat16 on a graphics card the kernels for sequences of any length do it: once from left to right over everything, and
once in both directions over the contexts, whose queries are few. Elsewhere torch's attention takes a mask of the whole.
"""

import inspect
from functools import partial
from typing import Any, NamedTuple, TypedDict

import torch
from torch import Tensor, nn

from train.models.fused import fused
from train.models.prefix import KeyValue

try:
    from torch.nn.attention.varlen import varlen_attn as _any_length
except ImportError:  # before torch 2.10
    _any_length = None  # type: ignore[assignment]

HALVES = (torch.float16, torch.bfloat16)


class Packing(TypedDict):
    """A row of examples, as the collator puts it together. What pads the end of the row is an example, too."""

    starts: Tensor
    """(examples + 1,), int32: the column where each begins; the last is the length of the row."""
    contexts: Tensor
    """(examples,), int32: how many tokens at its beginning are read in both directions."""
    segments: Tensor
    """(length,): which example a token is of."""
    context_tokens: Tensor
    """Columns of the tokens that are read in both directions."""
    longest: int
    longest_context: int


class Reading(NamedTuple):
    """A call of the kernel: where the queries and the keys of each example begin."""

    query_starts: Tensor
    key_starts: Tensor
    longest_query: int
    longest_key: int
    is_causal: bool


class Places(NamedTuple):
    """Where keys come from: among those of the tokens, or behind them among those of the prefixes."""

    sources: Tensor
    """(keys,): of every key, in the order of the examples, each behind its prefix."""
    few_sources: Tensor
    """Of the keys that contexts see: of each example its prefix and its context."""
    tokens: Tensor
    """(length,): where the key of each token comes to stand; and so on for the others."""
    prefixes: Tensor
    few_tokens: Tensor
    few_prefixes: Tensor


class Packed(NamedTuple):
    """What attention needs, on the device: made once a batch."""

    places: Places | None
    """None without prefixes."""
    visible: Tensor | None
    """(1, 1, length, keys), True where a query sees a key; None where kernels for any length do it."""
    everything: Reading
    contexts: Reading | None
    context_tokens: Tensor


def has_kernel(states: Tensor) -> bool:
    """Whether there is a kernel for sequences of any length here."""
    return _any_length is not None and states.is_cuda and states.dtype in HALVES


def lay_out(packing: Packing, prefix: int, *, dense: bool) -> Packed:
    """Find where everything stands; ``prefix`` keys stand before those of every example. The host waits for nothing."""
    starts, longest, longest_context = packing["starts"], packing["longest"], packing["longest_context"]
    ends = nn.functional.pad(packing["contexts"].cumsum(0, dtype=torch.int32), (1, 0))
    number = torch.arange(len(starts), device=starts.device, dtype=torch.int32)
    everything = Reading(starts, starts + number * prefix, longest, longest + prefix, True)
    contexts = Reading(ends, ends + number * prefix, longest_context, longest_context + prefix, False)
    places = _places(packing, prefix, everything.key_starts, contexts.key_starts) if prefix else None
    return Packed(
        places=places,
        visible=_visible(packing, places) if dense else None,
        everything=everything,
        contexts=contexts if longest_context else None,
        context_tokens=packing["context_tokens"],
    )


def attend_packed(
    queries: Tensor, own: KeyValue, before: tuple[Tensor | None, Tensor | None], packed: Packed
) -> Tensor:
    """Attention within each example and its prefix.

    Shapes: (1, heads, length, head_size); the prefix (examples or 1, heads, prefix, head_size). Keys and values may
    have fewer heads than the queries: neighbouring queries share one.
    """
    sides = [_with_prefix(side, prefix, packed) for side, prefix in zip(own, before, strict=True)]
    if (shared := queries.shape[1] // own[0].shape[1]) > 1:
        sides = [(whole.repeat_interleave(shared, dim=1), few.repeat_interleave(shared, dim=1)) for whole, few in sides]
    (keys, few_keys), (values, few_values) = sides
    if packed.visible is not None:
        keys, values = (side.transpose(0, 1)[None] for side in (keys, values))
        return nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=packed.visible)
    rows = queries[0].transpose(0, 1)
    attended = _kernel(rows, keys, values, packed.everything)
    if packed.contexts is not None:
        of_contexts = _kernel(rows[packed.context_tokens], few_keys, few_values, packed.contexts)
        attended = attended.index_copy(0, packed.context_tokens, of_contexts)
    return attended.transpose(0, 1)[None]


def _places(packing: Packing, prefix: int, key_starts: Tensor, few_starts: Tensor) -> Places:
    segments, context_tokens = packing["segments"], packing["context_tokens"]
    columns = torch.arange(len(segments), device=segments.device)
    in_prefix = torch.arange(prefix, device=segments.device)
    tokens = columns + (segments + 1) * prefix
    prefixes = (key_starts[:-1, None] + in_prefix).flatten().long()
    nth = torch.arange(len(context_tokens), device=segments.device)
    few_tokens = nth + (segments[context_tokens] + 1) * prefix
    few_prefixes = (few_starts[:-1, None] + in_prefix).flatten().long()
    behind = torch.arange(len(prefixes), device=segments.device) + len(columns)
    return Places(
        sources=_filled((tokens, columns), (prefixes, behind)),
        few_sources=_filled((few_tokens, context_tokens), (few_prefixes, behind)),
        tokens=tokens,
        prefixes=prefixes,
        few_tokens=few_tokens,
        few_prefixes=few_prefixes,
    )


def _filled(*parts: tuple[Tensor, Tensor]) -> Tensor:
    """Values at their places, which all together are every place."""
    filled = parts[0][0].new_empty(sum(len(places) for places, _ in parts))
    for places, values in parts:
        filled[places] = values
    return filled


def _visible(packing: Packing, places: Places | None) -> Tensor:
    """The mask of the whole row: a token sees its prefix, what stands before it in its example, and the context."""
    starts, segments = packing["starts"], packing["segments"]
    columns = torch.arange(len(segments), device=segments.device)
    in_context = columns < (starts[:-1] + packing["contexts"])[segments]
    together = segments[:, None] == segments
    tokens = together & ((columns <= columns[:, None]) | in_context)
    if places is None:
        return tokens[None, None]
    examples = len(starts) - 1
    owners = torch.arange(examples, device=segments.device).repeat_interleave(len(places.prefixes) // examples)
    whole = torch.cat((tokens, segments[:, None] == owners), dim=1)
    return whole[:, places.sources][None, None]


def _with_prefix(tokens: Tensor, prefix: Tensor | None, packed: Packed) -> tuple[Tensor, Tensor]:
    """Keys or values, token by token, (keys, heads, head_size); and those that contexts see."""
    rows = tokens[0].transpose(0, 1)
    if prefix is None or packed.places is None:
        return rows, rows[packed.context_tokens]
    examples = len(packed.everything.query_starts) - 1
    in_front = prefix.expand(examples, -1, -1, -1).transpose(1, 2).flatten(0, 1)
    both: tuple[Tensor, Tensor] = _Joined.apply(  # type: ignore[no-untyped-call]
        rows, in_front, packed.context_tokens, *packed.places
    )
    return both


class _Joined(torch.autograd.Function):
    """Keys of tokens and prefixes in the order of the examples, and the few that contexts see: no sums but theirs."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, others: Tensor, context_tokens: Tensor, *places: Tensor) -> tuple[Any, ...]:
        sources, few_sources, *back = places
        ctx.save_for_backward(context_tokens, *back)
        return _picked(rows, others, sources), _picked(rows, others, few_sources)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        whole, few = gradients
        context_tokens, tokens, prefixes, few_tokens, few_prefixes = ctx.saved_tensors
        of_rows = whole[tokens].index_add_(0, context_tokens, few[few_tokens])
        return of_rows, whole[prefixes] + few[few_prefixes], None, *[None] * 6


@partial(fused, in_training_only=False)
def _picked(rows: Tensor, others: Tensor, sources: Tensor) -> Tensor:
    """Row by row from the one or, behind it, from the other."""
    is_own = sources < len(rows)
    own, other = rows[sources.clamp(max=len(rows) - 1)], others[(sources - len(rows)).clamp(min=0)]
    return torch.where(is_own[:, None, None], own, other)


def _kernel(queries: Tensor, keys: Tensor, values: Tensor, reading: Reading) -> Tensor:
    """Where there are more keys than queries, the last ones are the queries' own."""
    causal: dict[str, Any] = {"is_causal": reading.is_causal} if _TAKES_CAUSAL else {}
    if not _TAKES_CAUSAL and reading.is_causal:
        causal = {"window_size": (-1, 0)}
    attended: Tensor = _any_length(queries, keys, values, *reading[:4], **causal)  # type: ignore[assignment]
    return attended


_TAKES_CAUSAL = _any_length is not None and "is_causal" in inspect.signature(_any_length).parameters
"""torch 2.10 asks so, later ones by a window."""
