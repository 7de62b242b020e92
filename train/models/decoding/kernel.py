"""Attention of one new token a slot: reads the keys that are there and no others, and shares them out over the card.

The keys of a head are cut into pieces, each for a program of its own; a second kernel puts their sums together. Numbers
are added up in float32, as torch's own kernels do.
"""

import math

import torch
import triton
import triton.language as tl
from torch import Tensor

_BLOCK = 64
"""Keys that a program takes at once, and so the smallest piece."""
_PROGRAMS = 512
"""So many keep every part of a card busy; more slots need fewer pieces."""
_LOG2_E = math.log2(math.e)
_NEVER = tl.constexpr(-1e30)
"""A score that no key has."""
_ROWS = 16
"""Of queries that share a head's keys: the smallest matrix that the tensor cores multiply."""


@triton.jit  # type: ignore[untyped-decorator]
def _pieces_alone(  # type: ignore[no-untyped-def]  # noqa: PLR0917 (Triton knows no keywords alone)
    queries, keys, values, lengths, sums, tops, totals, slot_stride, head_stride, piece_keys, SCALE: tl.constexpr,
    HEADS: tl.constexpr, SIZE: tl.constexpr, BLOCK: tl.constexpr
):  # fmt: skip
    """As ``_pieces``, of a query that shares its keys with no other: each of ``BLOCK`` keys adds up for itself, and
    they come together at the end only."""
    place, piece, pieces = tl.program_id(0), tl.program_id(1), tl.num_programs(1)
    slot, head = place // HEADS, place % HEADS
    length = tl.load(lengths + slot) + 1
    column, key = tl.arange(0, SIZE), tl.arange(0, BLOCK)
    top = tl.full((BLOCK,), _NEVER, tl.float32)
    total = tl.zeros((BLOCK,), tl.float32)
    weighted = tl.zeros((BLOCK, SIZE), tl.float32)
    begin = piece * piece_keys
    query = tl.load(queries + place * SIZE + column).to(tl.float32) * SCALE
    base = slot.to(tl.int64) * slot_stride + head.to(tl.int64) * head_stride
    for first in range(begin, tl.minimum(begin + piece_keys, length), BLOCK):
        there = first + key < length
        offsets = base + (first + key)[:, None] * SIZE + column[None, :]
        seen = tl.load(keys + offsets, mask=there[:, None], other=0.0)
        value = tl.load(values + offsets, mask=there[:, None], other=0.0)
        score = tl.where(there, tl.sum(seen.to(tl.float32) * query[None, :], axis=1), _NEVER)
        higher = tl.maximum(top, score)
        share = tl.where(there, tl.exp2(score - higher), 0.0)
        fading = tl.exp2(top - higher)
        weighted = weighted * fading[:, None] + share[:, None] * value.to(tl.float32)
        total, top = total * fading + share, higher
    highest = tl.max(top, axis=0)
    left = tl.exp2(top - highest)
    mine = place * pieces + piece
    tl.store(tops + mine, highest)
    tl.store(totals + mine, tl.sum(total * left, axis=0))
    tl.store(sums + mine * SIZE + column, tl.sum(weighted * left[:, None], axis=0))


@triton.jit  # type: ignore[untyped-decorator]
def _pieces(  # type: ignore[no-untyped-def]  # noqa: PLR0917 (Triton knows no keywords alone)
    queries, keys, values, lengths, sums, tops, totals, slot_stride, head_stride, piece_keys, SCALE: tl.constexpr,
    HEADS: tl.constexpr, SIZE: tl.constexpr, BLOCK: tl.constexpr, SHARED: tl.constexpr, ROWS: tl.constexpr
):  # fmt: skip
    """Of each piece the largest score, the sum of 2 ** (score - largest), and the values weighted so."""
    place, piece, pieces = tl.program_id(0), tl.program_id(1), tl.num_programs(1)
    slot, head = place // HEADS, place % HEADS
    length = tl.load(lengths + slot) + 1
    row, column, key = tl.arange(0, ROWS), tl.arange(0, SIZE), tl.arange(0, BLOCK)
    mine = (place * SHARED + row) * pieces + piece
    top = tl.full((ROWS,), float("-inf"), tl.float32)
    total = tl.zeros((ROWS,), tl.float32)
    weighted = tl.zeros((ROWS, SIZE), tl.float32)
    begin = piece * piece_keys
    if begin < length:
        query = tl.load(
            queries + (place * SHARED + row[:, None]) * SIZE + column[None, :], mask=row[:, None] < SHARED, other=0.0
        )
        base = slot.to(tl.int64) * slot_stride + head.to(tl.int64) * head_stride
        for first in range(begin, tl.minimum(begin + piece_keys, length), BLOCK):
            there = first + key < length
            offsets = base + (first + key)[:, None] * SIZE + column[None, :]
            seen = tl.load(keys + offsets, mask=there[:, None], other=0.0)
            value = tl.load(values + offsets, mask=there[:, None], other=0.0)
            scores = tl.dot(query, tl.trans(seen), input_precision="ieee") * SCALE
            scores = tl.where(there[None, :], scores, float("-inf"))
            higher = tl.maximum(top, tl.max(scores, axis=1))
            share = tl.exp2(scores - higher[:, None])
            fading = tl.exp2(top - higher)
            weighted = weighted * fading[:, None]
            weighted += tl.dot(share.to(value.dtype), value, input_precision="ieee")
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
    share = tl.exp2(top - tl.max(top, axis=0))
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
    given = (queries.contiguous(), keys, values, lengths, sums, tops, totals, keys.stride(0), keys.stride(1), piece)
    grid, shape = (
        (slots * heads, pieces),
        {"SCALE": size**-0.5 * _LOG2_E, "HEADS": heads, "SIZE": size, "BLOCK": _BLOCK},
    )
    if shared == 1:
        _pieces_alone[grid](*given, **shape, num_warps=2)
    else:
        _pieces[grid](*given, **shape, SHARED=shared, ROWS=max(_ROWS, triton.next_power_of_2(shared)))
    _together[(count,)](
        sums, tops, totals, attended, pieces, PIECES=triton.next_power_of_2(pieces), SIZE=size
    )  # fmt: skip
    return attended
