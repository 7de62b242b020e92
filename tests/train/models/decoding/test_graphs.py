"""Recording a step: its trials leave nothing behind. (What a card does is acted here by the processor.)"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
import torch

from train.models.decoding.graphs import Graphs


class Stream:
    def wait_stream(self, _: Any) -> None:
        """Nothing runs beside."""


class Played:
    """Notes what is recorded, without doing it, and does it when it is replayed."""

    run: Callable[[], None]

    def replay(self) -> None:
        self.run()


def a_step(state: torch.Tensor, runs: list[int]) -> Callable[[int], None]:
    def step(width: int) -> None:
        runs.append(width)
        state.add_(width)

    return step


@pytest.fixture
def acted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    place: dict[str, Any] = {}

    @contextmanager
    def recording(graph: Played, **options: Any) -> Iterator[None]:
        before = place["state"].clone()
        yield
        place["seen"] = (before, options)
        place["state"].copy_(before)
        graph.run = lambda: place["state"].add_(10)

    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda _: nullcontext())
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: "pool")
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Played)
    monkeypatch.setattr(torch.cuda, "graph", recording)
    return place


def test_a_step_is_recorded_once_a_width_and_replayed_from_the_state_that_was(acted: dict[str, Any]) -> None:
    runs: list[int] = []
    state = torch.tensor([5])
    acted["state"] = state
    graphs, step = Graphs(), a_step(state, runs)

    graphs.replay(3, step, [state])
    assert int(state) == 15
    graphs.replay(3, step, [state])

    assert int(state) == 25
    assert runs == [3, 3, 3]
    assert int(acted["seen"][0]) == 5
    assert acted["seen"][1] == {"pool": "pool", "capture_error_mode": "thread_local"}
    graphs.replay(4, step, [state])
    assert runs == [3, 3, 3, 4, 4, 4]
