"""Cross-entropy over a vocabulary whose logits are never there all at once.

The logits of ChatGLM-6B are 130,528 numbers a token, and their gradients as many. Here a part of the rows goes through
at a time: product, loss and gradients, of which nothing remains but those of the hidden states (the idea of Hsu et al.
2024, https://arxiv.org/abs/2410.10989).
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from train.models.fused import fused

ROWS = 1024
"""At a time: half a GiB of logits in float32."""


def vocabulary_loss(hidden: Tensor, weight: Tensor, labels: Tensor, number: Tensor | int | None = None) -> Tensor:
    """Sum of the losses over ``number``, by default their mean; as the logits in ``hidden``'s precision would give.

    Shapes: hidden (rows, width), weight (vocabulary, width), labels (rows,), below 0 where there is none.
    """
    given = hidden.to(weight.dtype)
    total: Tensor = _VocabularyLoss.apply(given, weight, labels)  # type: ignore[no-untyped-call]
    return total / ((labels >= 0).sum().clamp(min=1) if number is None else number)


@partial(fused, in_training_only=False)
def _whole(logits: Tensor) -> Tensor:
    """The logarithm of the sum of the exponentials, in float32."""
    return logits.float().logsumexp(-1, keepdim=True)


@partial(fused, in_training_only=False)
def _share(logits: Tensor, whole: Tensor, wanted: Tensor) -> Tensor:
    """The gradient of the logits: the probabilities, 1 less at what was wanted; 0 where nothing was."""
    is_wanted = torch.arange(logits.shape[1], device=logits.device) == wanted
    return (((logits.float() - whole).exp() - is_wanted.float()) * (wanted >= 0)).to(logits.dtype)


class _VocabularyLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
        of_hidden, of_weight = ctx.needs_input_grad[:2]
        hidden_gradient = torch.empty_like(hidden) if of_hidden else None
        weight_gradient = torch.zeros_like(weight, dtype=torch.float32) if of_weight else None
        total = hidden.new_zeros((), dtype=torch.float32)
        for first in range(0, len(hidden), ROWS):
            part = slice(first, first + ROWS)
            logits, wanted = hidden[part] @ weight.T, labels[part, None]
            whole = _whole(logits)
            total += ((whole - logits.gather(1, wanted.clamp(min=0)).float()) * (wanted >= 0)).sum()
            if not (of_hidden or of_weight):
                continue
            share = _share(logits, whole, wanted)
            if hidden_gradient is not None:
                hidden_gradient[part] = share @ weight
            if weight_gradient is not None:
                weight_gradient += share.T @ hidden[part]
        ctx.save_for_backward(hidden_gradient, None if weight_gradient is None else weight_gradient.to(weight.dtype))
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        of_hidden, of_weight = ctx.saved_tensors
        scale = gradients[0]
        return (
            None if of_hidden is None else of_hidden * scale,
            None if of_weight is None else of_weight * scale,
            None,
        )
