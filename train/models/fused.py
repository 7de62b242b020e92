"""Element-wise work as one kernel instead of many, where a graphics card has much of it."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

import torch
from torch import Tensor

Out = TypeVar("Out")

SWITCH = {"is_on": True}
"""``fused_kernels`` of a recipe; off, torch's own kernels do it one by one."""
WORTH = 1 << 20
"""Numbers that a function works on, below which starting kernels takes longer than they do."""


def apart(view: Tensor) -> Tensor:
    """A part of what a fused function was given, as something of its own, whose gradient is made with the others'."""
    return view.clone() if torch.compiler.is_compiling() else view


def fused(plain: Callable[..., Out], *, in_training_only: bool = True) -> Callable[..., Out]:
    """A function of tensors that is compiled at its first use on a graphics card, and once more for all lengths.

    That takes seconds, which an answer does not wait for.
    """

    @cache
    def compiled() -> Callable[..., Out]:
        return torch.compile(plain)

    @wraps(plain)
    def call(states: Tensor, *others: Any) -> Out:
        if torch.compiler.is_compiling() or not (SWITCH["is_on"] and states.is_cuda and states.numel() >= WORTH):
            return plain(states, *others)
        if in_training_only and not torch.is_grad_enabled():
            return plain(states, *others)
        return compiled()(states, *others)

    return call
