"""Attention of one new token a slot: reads the keys that are there and no others, and shares them out over the card.

The keys of a head are cut into pieces, each for a program of its own; a second kernel puts their sums together. Numbers
are added up in float32, as torch's own kernels do.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

_BLOCK = 64
"""Keys that a program takes at once, and so the smallest piece."""
_PROGRAMS = 512
"""So many keep every part of a card busy; more slots need fewer pieces."""
_ROWS = 16
"""Of queries that share a head's keys: the smallest matrix that the tensor cores multiply."""


@triton.jit  # type: ignore[untyped-decorator]
def _pieces(  # type: ignore[no-untyped-def]  # noqa: PLR0917 (Triton knows no keywords alone)
    queries, keys, values, lengths, sums, tops, totals, slot_stride, head_stride, SCALE: tl.constexpr,
    HEADS: tl.constexpr, SHARED: tl.constexpr, ROWS: tl.constexpr, SIZE: tl.constexpr, PIECE: tl.constexpr,
    BLOCK: tl.constexpr
):  # fmt: skip
    """Of each piece the largest score, the sum of exp(score - largest), and the values weighted so."""
    place, piece, pieces = tl.program_id(0), tl.program_id(1), tl.num_programs(1)
    slot, head = place // HEADS, place % HEADS
    length = tl.load(lengths + slot) + 1
    row, column, key = tl.arange(0, ROWS), tl.arange(0, SIZE), tl.arange(0, BLOCK)
    mine = (place * SHARED + row) * pieces + piece
    top = tl.full((ROWS,), float("-inf"), tl.float32)
    total = tl.zeros((ROWS,), tl.float32)
    weighted = tl.zeros((ROWS, SIZE), tl.float32)
    begin = piece * PIECE
    if begin < length:
        query = tl.load(
            queries + (place * SHARED + row[:, None]) * SIZE + column[None, :], mask=row[:, None] < SHARED, other=0.0
        )
        base = slot.to(tl.int64) * slot_stride + head.to(tl.int64) * head_stride
        for first in range(begin, tl.minimum(begin + PIECE, length), BLOCK):
            there = first + key < length
            offsets = base + (first + key)[:, None] * SIZE + column[None, :]
            seen = tl.load(keys + offsets, mask=there[:, None], other=0.0)
            value = tl.load(values + offsets, mask=there[:, None], other=0.0)
            if ROWS == 1:
                scores = tl.sum(query.to(tl.float32) * seen.to(tl.float32), axis=1)[None, :] * SCALE
            else:
                scores = tl.dot(query, tl.trans(seen), input_precision="ieee") * SCALE
            scores = tl.where(there[None, :], scores, float("-inf"))
            higher = tl.maximum(top, tl.max(scores, axis=1))
            share = tl.exp(scores - higher[:, None])
            fading = tl.exp(top - higher)
            if ROWS == 1:
                added = tl.sum(tl.trans(share) * value.to(tl.float32), axis=0)[None, :]
            else:
                added = tl.dot(share.to(value.dtype), value, input_precision="ieee")
            weighted = weighted * fading[:, None] + added
            total = total * fading + tl.sum(share, axis=1)
            top = higher
    is_mine = row < SHARED
    tl.store(tops + mine, top, mask=is_mine)
    tl.store(totals + mine, total, mask=is_mine)
    tl.store(sums + mine[:, None] * SIZE + column[None, :], weighted, mask=is_mine[:, None])


@triton.jit  # type: ignore[untyped-decorator]
def _together(  # type: ignore[no-untyped-def]  # noqa: PLR0917 (likewise)
    sums, tops, totals, attended, pieces, PIECES: tl.constexpr, SIZE: tl.constexpr
):
    """The pieces of a query as one; PIECES is their number, rounded up to a power of two."""
    query, piece, column = tl.program_id(0), tl.arange(0, PIECES), tl.arange(0, SIZE)
    there = piece < pieces
    mine = query * pieces + piece
    top = tl.load(tops + mine, mask=there, other=float("-inf"))
    share = tl.exp(top - tl.max(top, axis=0))
    total = tl.sum(share * tl.load(totals + mine, mask=there, other=0.0), axis=0)
    part = tl.load(sums + mine[:, None] * SIZE + column[None, :], mask=there[:, None], other=0.0)
    whole = tl.sum(part * share[:, None], axis=0) / total
    tl.store(attended + query * SIZE + column, whole.to(attended.dtype.element_ty))


def attend_slots(queries: Tensor, keys: Tensor, values: Tensor, lengths: Tensor) -> Tensor:
    """Let one query a slot and head see the first ``lengths + 1`` keys of its slot.

    Shapes: queries (slots, heads, 1, size), keys and values (slots, fewer heads, capacity, size), contiguous;
    neighbouring queries share a head of keys. -> as ``queries``.
    """
    slots, heads, capacity, size = keys.shape
    shared = queries.shape[1] // heads
    most = triton.cdiv(capacity, _BLOCK)
    piece = _BLOCK * triton.cdiv(most, min(max(_PROGRAMS // (slots * heads), 1), most))
    pieces = triton.cdiv(capacity, piece)
    count = slots * heads * shared
    tops = torch.empty(count, pieces, dtype=torch.float32, device=keys.device)
    totals = torch.empty_like(tops)
    sums = torch.empty(count, pieces, size, dtype=torch.float32, device=keys.device)
    attended = torch.empty(queries.shape, dtype=queries.dtype, device=keys.device)
    _pieces[(slots * heads, pieces)](
        queries.contiguous(), keys, values, lengths, sums, tops, totals, keys.stride(0), keys.stride(1),
        SCALE=size**-0.5, HEADS=heads, SHARED=shared, SIZE=size, PIECE=piece, BLOCK=_BLOCK,
        ROWS=1 if shared == 1 else max(_ROWS, triton.next_power_of_2(shared)),
    )  # fmt: skip
    _together[(count,)](
        sums, tops, totals, attended, pieces, PIECES=triton.next_power_of_2(pieces), SIZE=size
    )  # fmt: skip
    return attended
