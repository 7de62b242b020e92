"""A step as a graph that the card replays by itself: thousands of kernels for the price of one launch."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

_WARM_UP = 2
"""Runs before the recording: libraries take their memory, kernels are chosen and compiled."""


class Graphs:
    """One recording a width, made when it is first asked for; all share their memory."""

    def __init__(self) -> None:
        """It knows nothing of the step that it records: nobody holds the other's memory."""
        self._recorded: dict[int, Any] = {}
        self._pool = torch.cuda.graph_pool_handle()

    def replay(self, width: int, run: Callable[[int], None], changing: Sequence[Tensor]) -> None:
        """``changing`` are the tensors that a run changes, and that have to be as they were after a trial."""
        if width not in self._recorded:
            self._recorded[width] = self._record(width, run, changing)
        self._recorded[width].replay()

    def _record(self, width: int, run: Callable[[int], None], changing: Sequence[Tensor]) -> Any:
        kept = [tensor.clone() for tensor in changing]
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(_WARM_UP):
                run(width)
                for tensor, value in zip(changing, kept, strict=True):
                    tensor.copy_(value)
        torch.cuda.current_stream().wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            run(width)
        return graph
