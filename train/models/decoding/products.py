"""Products of a few rows, whose time is that of reading the weights: closer to the speed of memory than cuBLAS comes.

Imported only where Triton runs. Sums are in float32.
"""
# ruff: noqa: PLR0917 (of a kernel, which is launched with its places in memory)

import triton
import triton.language as tl
from torch import Tensor

from train.models.decoding.blocks import FEW

_TILES_ONE, _TILES_FEW = {False: (4, 1024), True: (4, 512)}, {False: (32, 128), True: (32, 256)}
"""Rows and columns of the weight that a program reads at once; by whether the rows are at most ``_SHORT``."""
_SHORT = 4096
"""This and the tiles were found by trying on an H100."""


@triton.jit  # type: ignore[untyped-decorator]
def _read(first, there, EVEN: tl.constexpr):  # type: ignore[no-untyped-def]
    """A mask, even one that hides nothing, costs a tenth of the speed."""
    if EVEN:
        return tl.load(first)
    return tl.load(first, mask=there, other=0.0)


@triton.jit  # type: ignore[untyped-decorator]
def _one(  # type: ignore[no-untyped-def]
    hidden, weight, bias, output, count, rows, columns,
    BIASED: tl.constexpr, EVEN: tl.constexpr, ROWS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """A single row; one program: ``ROWS`` rows of the weight, all of which are there if they come out ``EVEN``."""
    row, column = tl.program_id(0) * ROWS + tl.arange(0, ROWS), tl.arange(0, BLOCK)
    known = row < rows
    total = tl.zeros((ROWS, BLOCK), tl.float32)
    place = weight + row[:, None].to(tl.int64) * columns + column[None, :]
    for first in range(0, columns, BLOCK):
        part = _read(place + first, known[:, None], EVEN).to(tl.float32)
        total += part * tl.load(hidden + first + column).to(tl.float32)[None, :]
    result = tl.sum(total, axis=1)
    if BIASED:
        result += _read(bias + row, known, EVEN).to(tl.float32)
    tl.store(output + row, result.to(output.dtype.element_ty), mask=known)


@triton.jit  # type: ignore[untyped-decorator]
def _few(  # type: ignore[no-untyped-def]
    hidden, weight, bias, output, count, rows, columns,
    BIASED: tl.constexpr, EVEN: tl.constexpr, ROWS: tl.constexpr, BLOCK: tl.constexpr, MOST: tl.constexpr,
):  # fmt: skip
    """Up to ``MOST`` rows; one program: ``ROWS`` rows of the weight."""
    row, column, nth = tl.program_id(0) * ROWS + tl.arange(0, ROWS), tl.arange(0, BLOCK), tl.arange(0, MOST)
    known, asked = row < rows, nth < count
    total = tl.zeros((MOST, ROWS), tl.float32)
    place = weight + row[None, :].to(tl.int64) * columns + column[:, None]
    given = hidden + nth[:, None] * columns + column[None, :]
    for first in range(0, columns, BLOCK):
        values = tl.load(given + first, mask=asked[:, None], other=0.0)
        total = tl.dot(values, _read(place + first, known[None, :], EVEN), total, input_precision="ieee")
    if BIASED:
        total += _read(bias + row, known, EVEN).to(tl.float32)[None, :]
    there = output + nth[:, None] * rows + row[None, :]
    tl.store(there, total.to(output.dtype.element_ty), mask=asked[:, None] & known[None, :])


def multiply(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """``hidden`` times the transposed weight, ``FEW`` rows at most. Shapes: (…, columns) -> (…, rows)."""
    rows, columns = weight.shape
    count, is_short = hidden.numel() // columns, rows <= _SHORT
    output = hidden.new_empty(*hidden.shape[:-1], rows)
    each, most = (_TILES_ONE if count == 1 else _TILES_FEW)[is_short]
    block = min(columns & -columns, most)  # at most the largest power of two that divides the columns
    each *= most // block
    given = (hidden.contiguous(), weight, weight if bias is None else bias, output, count, rows, columns)
    shape = {"BIASED": bias is not None, "EVEN": rows % each == 0, "ROWS": each, "BLOCK": block}
    if count == 1:
        _one[(triton.cdiv(rows, each),)](*given, **shape)
    else:
        _few[(triton.cdiv(rows, each),)](*given, **shape, MOST=FEW, num_warps=4 if is_short else 2, num_stages=5)
    return output
