"""Element-wise work as one kernel instead of many, where a graphics card has much of it."""

import os
from collections.abc import Callable
from functools import cache, wraps
from importlib.util import find_spec
from typing import Any, TypeVar

import torch
from torch import Tensor

Out = TypeVar("Out")

SWITCH = {"is_on": True}
"""``fused_kernels`` of a recipe; off, torch's own kernels do it one by one."""
TRITON = "PREP_TRITON"
"""In the environment: 0 keeps to plain torch where a kernel of our own would run."""
WORTH = 1 << 20
"""Numbers that a function works on, below which starting kernels takes longer than they do."""


def fused(plain: Callable[..., Out], *, in_training_only: bool = True) -> Callable[..., Out]:
    """A function of tensors that is compiled at its first use on a graphics card, and once more for all lengths.

    That takes seconds, which an answer does not wait for.
    """

    @cache
    def compiled() -> Callable[..., Out]:
        return torch.compile(plain)

    @wraps(plain)
    def call(states: Tensor, *others: Any) -> Out:
        if is_worth_fusing(states) and (torch.is_grad_enabled() or not in_training_only):
            return compiled()(states, *others)
        return plain(states, *others)

    return call


def has_triton() -> bool:
    """Whether kernels of our own can run and may; torch for processors comes without Triton."""
    return find_spec("triton") is not None and os.environ.get(TRITON) != "0"


def is_worth_fusing(states: Tensor) -> bool:
    """Whether there is a card, enough to do on it, and nobody who compiles it already."""
    is_much = SWITCH["is_on"] and states.is_cuda and states.numel() >= WORTH
    return is_much and not torch.compiler.is_compiling()
