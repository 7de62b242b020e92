"""What a graphics card can do at best: copies, a large product, and the products with one row that answers take."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

_OF_A_STEP = ((12_288, 4096), (4096, 4096), (16_384, 4096), (4096, 16_384), (130_528, 4096))
"""Products of ChatGLM-6B: out of, and into, so many numbers."""


def ceilings(dtype: torch.dtype) -> str:
    """As words; the products with one row are cuBLAS's, over weights too large for the cache."""
    source = torch.empty(2 << 30, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    copied = 2 * source.numel() / seconds_of(partial(target.copy_, source)) / 1e12
    square = torch.randn(8192, 8192, dtype=dtype, device="cuda")
    product = 2 * 8192**3 / seconds_of(partial(torch.matmul, square, square)) / 1e12
    rows = [f"{out} x {into} {_one_row(out, into, dtype):.2f}" for out, into in _OF_A_STEP]
    return f"copy {copied:.2f} TB/s, product {product:.0f} TFLOP/s; weights read by one row, TB/s: {', '.join(rows)}"


def seconds_of(work: Callable[[], Any], times: int = 20) -> float:
    """Of one call, on the card."""
    for _ in range(3):
        work()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(times):
        work()
    end.record()
    torch.cuda.synchronize()
    return float(start.elapsed_time(end)) / 1000 / times


def _one_row(out: int, into: int, dtype: torch.dtype) -> float:
    """Terabytes a second; recorded, so that the host does not count."""
    count = max((1 << 29) // (out * into), 1)
    weights = [torch.randn(out, into, dtype=dtype, device="cuda") for _ in range(count)]
    row = torch.randn(1, into, dtype=dtype, device="cuda")
    beside = torch.cuda.Stream()
    with torch.cuda.stream(beside):
        _multiply(row, weights)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        _multiply(row, weights)
    return count * out * into * dtype.itemsize / seconds_of(graph.replay) / 1e12


def _multiply(row: Tensor, weights: Sequence[Tensor]) -> None:
    for weight in weights:
        torch.nn.functional.linear(row, weight)
