"""Attention of packed examples, against torch's with a mask: what is said, and every gradient."""

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.train.models.interpreted import DEVICE, DTYPES, MARKS
from train.models.packing import Packed, Packing, attend_packed, lay_out

pytestmark = MARKS
LENGTHS, CONTEXTS = [1, 3, 70, 150, 64, 9], [1, 0, 66, 20, 64, 4]
"""Tiles have 64 rows: less than one, one, several; all context, none, and one that ends behind the first tile."""


def packed_examples(prefix: int, *, dense: bool) -> Packed:
    lengths = torch.tensor(LENGTHS, device=DEVICE)
    packing: Packing = {
        "starts": torch.nn.functional.pad(lengths.cumsum(0), (1, 0)).to(torch.int32),
        "contexts": torch.tensor(CONTEXTS, dtype=torch.int32, device=DEVICE),
        "segments": torch.arange(len(LENGTHS), device=DEVICE).repeat_interleave(lengths),
        "longest": max(LENGTHS),
    }
    return lay_out(packing, prefix, dense=dense)


def attended(given: list[Tensor], heads: list[int], *, prefix: int, dense: bool) -> tuple[Tensor, ...]:
    """The answer, and gradients of what was given: a projection of all heads, the prefix."""
    whole, before = (each.clone().requires_grad_() for each in given)
    queries, *own = (side.transpose(1, 2) for side in whole.split(heads, dim=2))
    pair: Any = before.transpose(2, 3).unbind() if prefix else (None, None)
    output = attend_packed(queries, (own[0], own[1]), pair, packed_examples(prefix, dense=dense))
    wanted = (whole, before) if prefix else (whole,)
    torch.manual_seed(1)
    weights = torch.randn(output.shape, dtype=torch.float64, device=DEVICE).to(output.dtype)
    return output.detach(), *torch.autograd.grad(output, wanted, weights)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("prefix", [0, 5, 128])
@pytest.mark.parametrize(("heads", "groups", "size"), [(2, 2, 64), (4, 2, 16)])
def test_the_kernels_do_what_the_mask_does(heads: int, groups: int, size: int, prefix: int, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    shape = [heads, groups, groups]
    whole = torch.randn(1, sum(LENGTHS), sum(shape), size, dtype=torch.float64, device=DEVICE)
    before = torch.randn(2, len(LENGTHS), max(prefix, 1), groups, size, dtype=torch.float64, device=DEVICE)

    found = attended([whole.to(dtype), before.to(dtype)], shape, prefix=prefix, dense=False)
    exact = attended([whole, before], shape, prefix=prefix, dense=True)

    near = {torch.float32: 2e-6, torch.float16: 2e-3, torch.bfloat16: 2e-2}[dtype]
    for mine, theirs in zip(found, exact, strict=True):
        assert mine.dtype == dtype
        assert (mine.double() - theirs).abs().max() <= near * theirs.abs().max()


def test_one_prefix_serves_all_examples() -> None:
    """As in an answer, where nothing of it is dropped: its gradient is the sum of theirs."""
    torch.manual_seed(2)
    dtype = DTYPES[0]
    queries, keys, values = torch.randn(3, 1, 2, sum(LENGTHS), 16, dtype=dtype, device=DEVICE).unbind()
    given = torch.randn(2, 1, 2, 7, 16, dtype=dtype, device=DEVICE)
    results = []
    for dense in (False, True):
        shared = given.clone().requires_grad_()
        output = attend_packed(queries, (keys, values), (shared[0], shared[1]), packed_examples(7, dense=dense))
        output.square().sum().backward()
        results.append((output.detach(), shared.grad))

    for mine, theirs in zip(*results, strict=True):
        assert (mine.float() - theirs.float()).abs().max() <= 4e-3 * theirs.float().abs().max()
