"""Queries and keys turned, and values, in one reading of their projection; imported only where Triton runs."""
# ruff: noqa: PLR0917 (of a kernel, which is launched with its places in memory)

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit  # type: ignore[untyped-decorator]
def _move(  # type: ignore[no-untyped-def]
    qkv, queries, keys, values, cos, sin, heads,
    SIZE: tl.constexpr, HALF: tl.constexpr, HEADS: tl.constexpr, BACK: tl.constexpr,
):  # fmt: skip
    """One program: all heads of a token; ``BACK`` turns gradients the other way, from the three to ``qkv``."""
    token, head = tl.program_id(0).to(tl.int64), tl.arange(0, HEADS)
    pair, column = tl.arange(0, SIZE // 2), tl.arange(0, SIZE)
    first = pair // HALF * (2 * HALF) + pair % HALF
    there = (head < heads)[:, None]
    angle = token * SIZE + first
    along, across = tl.load(cos + angle).to(tl.float32)[None, :], tl.load(sin + angle).to(tl.float32)[None, :]
    together = qkv + (token * heads + head[:, None]) * (3 * SIZE)
    apart = (token * heads + head[:, None]) * SIZE
    for part in tl.static_range(2):
        whole = together + part * SIZE + first[None, :]
        alone = (queries if part == 0 else keys) + apart + first[None, :]
        source, target, to = whole, alone, across
        if BACK:
            source, target, to = alone, whole, -across
        one = tl.load(source, mask=there).to(tl.float32)
        other = tl.load(source + HALF, mask=there).to(tl.float32)
        tl.store(target, (one * along - other * to).to(target.dtype.element_ty), mask=there)
        tl.store(target + HALF, (other * along + one * to).to(target.dtype.element_ty), mask=there)
    source, target = together + 2 * SIZE + column[None, :], values + apart + column[None, :]
    if BACK:
        source, target = target, source
    tl.store(target, tl.load(source, mask=there), mask=there)


def _launch(qkv: Tensor, parts: tuple[Tensor, ...], cos: Tensor, sin: Tensor, axes: int, *, back: bool) -> None:
    heads, size = parts[0].shape[-2:]
    _move[(qkv.numel() // (3 * heads * size),)](
        qkv, *parts, cos, sin, heads,
        SIZE=size, HALF=size // (2 * axes), HEADS=triton.next_power_of_2(heads), BACK=back,
    )  # fmt: skip


class _Turned(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, qkv: Tensor, cos: Tensor, sin: Tensor, axes: int) -> tuple[Tensor, ...]:
        *rows, wide = qkv.shape
        parts = tuple(qkv.new_empty(*rows, wide // 3) for _ in range(3))
        cos, sin = (side.expand(*rows[:-1], 1, -1).contiguous() for side in (cos, sin))
        _launch(qkv.contiguous(), parts, cos, sin, axes, back=False)
        ctx.save_for_backward(cos, sin)
        ctx.axes = axes
        return parts

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        cos, sin = ctx.saved_tensors
        parts = tuple(each.contiguous() for each in gradients)
        *rows, size = parts[0].shape
        qkv = parts[0].new_empty(*rows, 3 * size)
        _launch(qkv, parts, cos, sin, ctx.axes, back=True)
        return qkv, None, None, None


def split_and_turn(qkv: Tensor, cos: Tensor, sin: Tensor, axes: int) -> tuple[Tensor, Tensor, Tensor]:
    """As that of ``rotary.py``; sums are in float32 and rounded once."""
    queries, keys, values = _Turned.apply(qkv, cos, sin, axes)  # type: ignore[no-untyped-call]
    return queries, keys, values
