"""Steps that are replayed train as those that are not. (What a card does is acted here by the processor.)"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from train import recording
from train.recording import Inputs, RecordedSteps
from train.trainer import MethodTrainer


class Acted:
    """A card: what is done while it records leaves nothing behind, and is done again when it is replayed."""

    def __init__(self, model: nn.Module) -> None:
        self.model, self.done = model, 0
        self.given: Inputs = {}
        self.loss = torch.zeros(())
        self.options: list[dict[str, Any]] = []

    def run(self, inputs: Inputs) -> Tensor:
        self.done += 1
        self.given = inputs
        taken = self.model(inputs["nested"]["rows"])[: inputs["nested"]["first"]]
        loss = taken.square().sum() / inputs["number"]
        loss.backward()
        self.loss = loss.detach()
        return self.loss

    @contextmanager
    def recording(self, graph: Any, **options: Any) -> Iterator[None]:
        self.options.append(options)
        before = [weight.grad.clone() for weight in self.model.parameters() if weight.grad is not None]
        yield
        held, mine = self.given, self.loss
        for weight, gradient in zip(self.model.parameters(), before, strict=False):
            weight.grad.copy_(gradient)  # type: ignore[union-attr]

        def replay() -> None:
            mine.copy_(self.run(held))
            self.done -= 1

        graph.replay = replay


class Graph:
    replay: Callable[[], None]


@pytest.fixture
def acted(monkeypatch: pytest.MonkeyPatch) -> Acted:
    torch.manual_seed(0)
    card = Acted(nn.Linear(3, 2))
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: "pool")
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", card.recording)
    return card


def inputs(seed: int, *, rows: int = 4, first: int = 2) -> dict[str, Any]:
    drawn = torch.Generator().manual_seed(seed)
    return {
        "nested": {"rows": torch.randn(rows, 3, generator=drawn), "first": first},
        "number": torch.tensor(float(seed + 1)),
    }


def trained(run: Callable[[Inputs], Tensor], model: nn.Module, *, forget: bool) -> list[Tensor]:
    """Losses and weights over steps of two accumulated batches, of shapes that come again and again."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    seen = []
    for step in range(6):
        for part in range(2):
            seen.append(run(inputs(2 * step + part, rows=4 + 2 * (step % 2), first=1 + step % 3)).clone())
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=forget)
    return [*seen, *(weight.detach().clone() for weight in model.parameters())]


@pytest.mark.parametrize("forget", [True, False])
def test_recorded_steps_train_as_ordinary_ones(acted: Acted, forget: bool) -> None:
    begun = {name: value.clone() for name, value in acted.model.state_dict().items()}
    wanted = trained(acted.run, acted.model, forget=forget)
    acted.model.load_state_dict(begun)
    acted.model.zero_grad()
    acted.done = 0

    found = trained(RecordedSteps(acted.model.parameters(), acted.run), acted.model, forget=forget)

    assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))
    assert acted.done == 2 * len(acted.options) == 12  # six shapes: each done once and recorded once


def test_a_shape_is_done_as_ever_first_and_recorded_when_it_comes_again(acted: Acted) -> None:
    step = RecordedSteps(acted.model.parameters(), acted.run)

    step(inputs(0))
    step(inputs(1, rows=5))
    step(inputs(2, first=3))
    recorded_before = len(acted.options)
    step(inputs(3))
    step(inputs(4))

    assert recorded_before == 0
    assert acted.options == [{"pool": "pool", "capture_error_mode": "thread_local"}]


def test_shapes_that_come_after_many_are_done_as_ever(acted: Acted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST", 1)
    step = RecordedSteps(acted.model.parameters(), acted.run)

    for rows in (4, 4, 5, 5, 5):
        step(inputs(rows, rows=rows))

    assert len(acted.options) == 1


def test_a_weight_that_nothing_reaches_gets_no_gradient(acted: Acted) -> None:
    alone = nn.Parameter(torch.ones(2))
    step = RecordedSteps([*acted.model.parameters(), alone], acted.run)

    for seed in range(3):
        step(inputs(seed))

    assert alone.grad is None


class Following:
    """A schedule-free optimiser has two kinds of weights, and is told which ones are wanted."""

    trains = False

    def train(self) -> None:
        self.trains = True


def test_a_replayed_step_trains_after_an_evaluation_as_well() -> None:
    trainer: Any = MethodTrainer.__new__(MethodTrainer)
    model, optimizer, heard = nn.Linear(1, 1).eval(), Following(), []
    trainer.optimizer, trainer._prepare_inputs = optimizer, lambda inputs: inputs
    trainer._recorded = lambda inputs: heard.append((model.training, optimizer.trains, set(inputs)))

    trainer.training_step(model, {"labels": torch.ones(1)}, torch.tensor(3))

    assert heard == [(True, True, {"labels", "num_items_in_batch"})]
