"""Queries, keys and values in one reading: as the plain functions give them, and their gradients."""

import pytest
import torch
from torch import Tensor

from tests.train.models.interpreted import DEVICE, MARKS
from train.models.chatglm.rotary import rotary_tables, split_and_turn

pytestmark = MARKS


@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("heads", [2, 3])
def test_the_kernel_turns_as_the_functions_do(heads: int, axes: int) -> None:
    from train.models.chatglm import rotary_kernel

    torch.manual_seed(0)
    positions = torch.randint(0, 99, (2, axes, 5), device=DEVICE)
    cos, sin = (side.transpose(1, 2) for side in rotary_tables(positions, 64, torch.float32))
    given = torch.randn(2, 5, heads, 3 * 64, device=DEVICE)
    weights = torch.randn(3, 2, 5, heads, 64, device=DEVICE).unbind()
    results: list[list[Tensor]] = []
    for turn in (rotary_kernel.split_and_turn, split_and_turn):
        qkv = given.clone().requires_grad_()
        parts = turn(qkv, cos, sin, axes)
        results.append([*parts, *torch.autograd.grad(parts, qkv, weights)])

    for mine, theirs in zip(*results, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-6)
