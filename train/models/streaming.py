"""Generation token by token, through transformers' own ``generate``: it runs in a thread of its own."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event
from typing import Any

import torch
from torch import Tensor
from transformers import StoppingCriteria, StoppingCriteriaList
from transformers.generation.streamers import BaseStreamer


class _Tokens(BaseStreamer):
    """Hands over the prompt first, then each token, each as (batch, count)."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Tensor | None] = SimpleQueue()

    def put(self, value: Tensor) -> None:
        self.queue.put(value if value.dim() == 2 else value[:, None])

    def end(self) -> None:
        """``stream_ids`` knows by itself when generation is over, whatever ended it."""


class _Abandoned(StoppingCriteria):
    """Stops once nobody listens any more."""

    def __init__(self) -> None:
        self.event = Event()

    def __call__(self, input_ids: Tensor, scores: Any, **_: Any) -> Tensor:
        return torch.full((input_ids.shape[0],), self.event.is_set(), device=input_ids.device)


def stream_ids(model: Any, input_ids: Tensor, **options: Any) -> Generator[Tensor]:
    """Yield prompt and answer so far, on the CPU, after each token; takes what ``model.generate`` takes."""
    tokens, abandoned = _Tokens(), _Abandoned()
    options["stopping_criteria"] = StoppingCriteriaList([*options.get("stopping_criteria", ()), abandoned])
    with ThreadPoolExecutor(1) as thread:
        generation = thread.submit(model.generate, input_ids, streamer=tokens, **options)
        generation.add_done_callback(lambda _: tokens.queue.put(None))
        try:
            so_far: Tensor | None = None
            while (new := tokens.queue.get()) is not None:
                if so_far is None:
                    so_far = new
                else:
                    so_far = torch.cat((so_far, new), dim=-1)
                    yield so_far
        finally:
            abandoned.event.set()
        generation.result()  # raises what generation raised
