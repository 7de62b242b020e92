"""Steps of training that a card replays: where a batch is small, starting a thousand kernels takes longer than they do.

A step of a shape is done as ever when it is first met, recorded as a CUDA graph when it is met again, and replayed from
then on. All recordings share their memory, and one set of gradients.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

Inputs = Mapping[str, Any]
"""Tensors and numbers, and mappings of these."""
FEW_TOKENS = 2048
"""Of a batch, up to which recording pays by itself."""
ROUNDED = 128
"""What the tokens and the labels of a row are multiples of, so that shapes occur again."""
MOST = 32
"""Shapes that are recorded; those that come after are done as ever."""


class RecordedSteps:
    """``run`` computes a loss of inputs, adds gradients to those that are there, and returns the loss, detached."""

    def __init__(self, weights: Iterable[nn.Parameter], run: Callable[[Inputs], Tensor]) -> None:
        self._weights = list(weights)
        self._run = run
        self._laid: list[tuple[nn.Parameter, Tensor]] = []
        self._met: set[Hashable] = set()
        self._recorded: dict[Hashable, _Recorded] = {}
        self._pool: Any = None

    def __call__(self, inputs: Inputs) -> Tensor:
        """The loss; gradients are where the weights have them."""
        shape = _shape(inputs)
        if shape not in self._recorded and (shape not in self._met or len(self._recorded) == MOST):
            return self._as_ever(shape, inputs)
        self._lay_gradients()
        if shape not in self._recorded:
            self._recorded[shape] = self._record(inputs)
        return self._recorded[shape].replay(inputs)

    def _as_ever(self, shape: Hashable, inputs: Inputs) -> Tensor:
        self._met.add(shape)
        loss = self._run(inputs)
        if not self._laid:
            reached = [weight for weight in self._weights if weight.grad is not None]
            self._laid = [(weight, torch.zeros_like(weight)) for weight in reached]
        return loss

    def _lay_gradients(self) -> None:
        """Every recording adds to the same ones: a weight that has none gets zeros, as an optimiser takes them away."""
        empty: list[Tensor] = []
        for weight, laid in self._laid:
            if weight.grad is None:
                empty.append(laid)
            elif weight.grad is not laid:
                laid.copy_(weight.grad)
            weight.grad = laid
        if empty:
            torch._foreach_zero_(empty)

    def _record(self, inputs: Inputs) -> "_Recorded":
        if self._pool is None:
            self._pool = torch.cuda.graph_pool_handle()
        torch.cuda.synchronize()
        torch.cuda.empty_cache()  # what a step took that was not recorded lies beside what the recording takes
        own, graph = _copied(inputs), torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            loss = self._run(own)
        return _Recorded(graph, own, loss)


class _Recorded:
    """What a graph reads, and what it leaves."""

    def __init__(self, graph: Any, inputs: Inputs, loss: Tensor) -> None:
        self._graph, self._inputs, self._loss = graph, inputs, loss

    def replay(self, inputs: Inputs) -> Tensor:
        _fill(self._inputs, inputs)
        self._graph.replay()
        return self._loss.clone()


def _shape(inputs: Inputs) -> Hashable:
    """Sizes of tensors, and what is no tensor itself."""
    return tuple(
        (name, _shape(value) if isinstance(value, Mapping) else value.shape if isinstance(value, Tensor) else value)
        for name, value in inputs.items()
    )


def _copied(inputs: Inputs) -> dict[str, Any]:
    return {
        name: _copied(value) if isinstance(value, Mapping) else value.clone() if isinstance(value, Tensor) else value
        for name, value in inputs.items()
    }


def _fill(own: Inputs, inputs: Inputs) -> None:
    for name, value in inputs.items():
        if isinstance(value, Mapping):
            _fill(own[name], value)
        elif isinstance(value, Tensor):
            own[name].copy_(value, non_blocking=True)
