"""The arithmetic of ``official.py`` as Triton kernels; imported only where there is a graphics card that runs them.

``dequantise`` writes a whole weight, at the speed of memory, for the products of many tokens. ``multiply_few`` never
writes it: for the few tokens of an answer's step it reads the packed numbers once, and that is all there is to do.
"""
# ruff: noqa: PLR0917 (of a kernel, which is launched with its places in memory)

import torch
import triton
import triton.language as tl
from torch import Tensor

FEW = 16
"""Tokens up to which a product reads the packed numbers itself."""


@triton.jit  # type: ignore[untyped-decorator]
def _whole(byte, PACKED: tl.constexpr):  # type: ignore[no-untyped-def]
    """The numbers in bytes, two in each where they are packed."""
    whole = byte.to(tl.float32)
    if PACKED:
        wide = byte.to(tl.int32)
        whole = tl.interleave((wide >> 4).to(tl.float32), ((wide << 28) >> 28).to(tl.float32))
    return whole


@triton.jit  # type: ignore[untyped-decorator]
def _dequantise(words, scale, weight, width, BITS: tl.constexpr, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    """One program: ``BLOCK`` words of one row, four bytes each. Of a packed byte the upper half comes first."""
    each: tl.constexpr = 32 // BITS
    blocks = tl.cdiv(width, BLOCK)
    row = (tl.program_id(0) // blocks).to(tl.int64)
    place = tl.program_id(0) % blocks * BLOCK + tl.arange(0, BLOCK)
    word = tl.load(words + row * width + place, mask=place < width, other=0)
    nth = tl.arange(0, each)
    above = 24 - 8 * nth if BITS == 8 else 28 - (8 * (nth // 2) + 4 * (1 - nth % 2))
    number = (word[:, None] << above[None, :]) >> (32 - BITS)
    whole = number.to(tl.float32) * tl.load(scale + row).to(tl.float32)
    where = weight + (row * width + place[:, None]) * each + nth[None, :]
    tl.store(where, whole.to(weight.dtype.element_ty), mask=(place < width)[:, None])


@triton.jit  # type: ignore[untyped-decorator]
def _multiply_one(  # type: ignore[no-untyped-def]
    hidden, numbers, scale, bias, output, rows, width,
    PACKED: tl.constexpr, BIASED: tl.constexpr, ROWS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """One token; one program: ``ROWS`` rows of the weight, all their columns."""
    each: tl.constexpr = 2 if PACKED else 1
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    known = row < rows
    lines = numbers + row.to(tl.int64)[:, None] * width
    total = tl.zeros((ROWS, each * BLOCK), dtype=tl.float32)
    for start in range(0, width, BLOCK):
        place = start + tl.arange(0, BLOCK)
        byte = tl.load(lines + place[None, :], mask=known[:, None] & (place < width)[None, :], other=0)
        column = each * start + tl.arange(0, each * BLOCK)
        value = tl.load(hidden + column, mask=column < each * width, other=0.0).to(tl.float32)
        total += _whole(byte, PACKED) * value[None, :]
    result = tl.sum(total, axis=1) * tl.load(scale + row, mask=known, other=0.0).to(tl.float32)
    if BIASED:
        result += tl.load(bias + row, mask=known, other=0.0).to(tl.float32)
    tl.store(output + row, result.to(output.dtype.element_ty), mask=known)


@triton.jit  # type: ignore[untyped-decorator]
def _multiply_few(  # type: ignore[no-untyped-def]
    hidden, numbers, scale, bias, output, tokens, rows, width,
    PACKED: tl.constexpr, BIASED: tl.constexpr, TOKENS: tl.constexpr, ROWS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Up to ``TOKENS`` tokens; one program: ``ROWS`` rows of the weight, all their columns."""
    each: tl.constexpr = 2 if PACKED else 1
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    token = tl.arange(0, TOKENS)
    known, asked = row < rows, token < tokens
    dtype = hidden.dtype.element_ty
    lines = numbers + row.to(tl.int64)[:, None] * width
    total = tl.zeros((TOKENS, ROWS), dtype=tl.float32)
    for start in range(0, width, BLOCK):
        place = start + tl.arange(0, BLOCK)
        byte = tl.load(lines + place[None, :], mask=known[:, None] & (place < width)[None, :], other=0)
        column = each * start + tl.arange(0, each * BLOCK)
        given = asked[:, None] & (column < each * width)[None, :]
        values = tl.load(hidden + token[:, None] * each * width + column[None, :], mask=given, other=0.0)
        total += tl.dot(values, tl.trans(_whole(byte, PACKED).to(dtype)))
    result = total * tl.load(scale + row, mask=known, other=0.0).to(tl.float32)[None, :]
    if BIASED:
        result += tl.load(bias + row, mask=known, other=0.0).to(tl.float32)[None, :]
    where = output + token[:, None] * rows + row[None, :]
    tl.store(where, result.to(output.dtype.element_ty), mask=asked[:, None] & known[None, :])


def dequantise(numbers: Tensor, scale: Tensor, columns: int, dtype: torch.dtype) -> Tensor:
    """As ``official.dequantised``, to the last bit; rows are whole words of four bytes."""
    words = numbers.view(torch.int32)
    rows, width = words.shape
    weight = torch.empty(rows, columns, dtype=dtype, device=numbers.device)
    block = min(512, triton.next_power_of_2(width))
    grid = (rows * triton.cdiv(width, block),)
    _dequantise[grid](words, scale, weight, width, BITS=32 * width // columns, BLOCK=block)
    return weight


def multiply_few(hidden: Tensor, numbers: Tensor, scale: Tensor, bias: Tensor | None) -> Tensor:
    """``hidden`` times the transposed weight, for ``FEW`` tokens at most; sums are in float32.

    Shapes: (tokens, columns), contiguous -> (tokens, rows).
    """
    (tokens, columns), (rows, width) = hidden.shape, numbers.shape
    output = hidden.new_empty(tokens, rows)
    given = (hidden, numbers, scale, scale if bias is None else bias, output)
    shape = {"PACKED": width != columns, "BIASED": bias is not None}
    if tokens == 1:
        block = min(512, triton.next_power_of_2(width))
        _multiply_one[(triton.cdiv(rows, 8),)](*given, rows, width, **shape, ROWS=8, BLOCK=block)
    else:
        block = max(16, min(128, triton.next_power_of_2(width)))
        grid = (triton.cdiv(rows, 32),)
        _multiply_few[grid](*given, tokens, rows, width, **shape, TOKENS=FEW, ROWS=32, BLOCK=block)
    return output
