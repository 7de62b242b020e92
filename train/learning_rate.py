"""Which learning rate to train with: moved with the batch, or searched by a range test (Smith, arXiv:1506.01186)."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from schemas.errors import TrainingError
from train.recipe.recipe import Scaling

if TYPE_CHECKING:
    from transformers import Trainer

BATCH = 16
"""Of the official scripts: the batch that their learning rates belong to."""

_SMOOTHING = 0.9
"""Of the running mean of the losses."""
_DIVERGED = 1.5
"""The range test ends where the smoothed loss is so many times its lowest value."""
_FEWEST = 10
"""Learning rates below which a range test says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningRates:
    """What a range test found, one entry a step."""

    rates: Sequence[float]
    losses: Sequence[float]
    smoothed: Sequence[float]
    suggestion: float
    """Where the smoothed loss falls fastest as the learning rate grows."""
    diverged: bool
    """Whether the test ended before its last learning rate because the loss grew or was no number."""


def scaled(learning_rate: float, total_batch: int, how: Scaling) -> float:
    """The learning rate for another batch than 16: it grows with the batch, or with the batch's square root."""
    ratio = total_batch / BATCH
    return learning_rate * {"none": 1.0, "linear": ratio, "sqrt": math.sqrt(ratio)}[how]


def find_learning_rate(
    trainer: "Trainer",
    *,
    lowest: float = 1e-7,
    highest: float = 1.0,
    steps: int = 100,
    stepped: Callable[[int, int], None] = lambda step, steps: None,
) -> LearningRates:
    """Train with learning rates that grow from step to step, then give the trained weights back their values.

    Every step is one of the trainer's: its batches, accumulation, precision and optimiser. ``stepped`` hears of each.
    The trainer is used up afterwards; its model is as before. Raises TrainingError where no rate lowers the loss.
    """
    before = {name: weight.detach().cpu().clone() for name, weight in _trained(trainer.model)}
    try:
        return _ranged(trainer, _growing(lowest, highest, steps), stepped)
    finally:
        with torch.no_grad():
            for name, weight in _trained(trainer.model):
                weight.copy_(before[name])
        trainer.model.zero_grad(set_to_none=True)  # type: ignore[union-attr]


def _ranged(trainer: "Trainer", rates: Sequence[float], stepped: Callable[[int, int], None]) -> LearningRates:
    model, optimizer = trainer.accelerator.prepare(trainer.model, trainer.create_optimizer())
    batches = _endless(trainer.get_train_dataloader())
    losses: list[float] = []
    for number, rate in enumerate(rates, start=1):
        for group in optimizer.param_groups:
            group["lr"] = rate
        losses.append(_step(trainer, model, optimizer, batches))
        stepped(number, len(rates))
        smoothed = smooth(losses)
        grown = number > _FEWEST and smoothed[-1] > _DIVERGED * min(smoothed)
        if grown or not math.isfinite(losses[-1]):
            break
    if not math.isfinite(losses[-1]):
        losses = losses[:-1]
    return _found(rates[: len(losses)], losses, diverged=len(losses) < len(rates))


def _step(trainer: "Trainer", model: Any, optimizer: Any, batches: Iterator[Mapping[str, Tensor]]) -> float:
    """One optimiser step; the mean loss over all devices."""
    count = trainer.args.gradient_accumulation_steps
    inputs, answers = trainer.get_batch_samples(batches, count, trainer.args.device)
    trainer.current_gradient_accumulation_steps = len(inputs)
    losses = []
    for number, batch in enumerate(inputs, start=1):
        trainer.accelerator.gradient_state._set_sync_gradients(number == len(inputs))
        losses.append(trainer.training_step(model, batch, answers))
    if trainer.args.max_grad_norm > 0:
        trainer.accelerator.clip_grad_norm_(model.parameters(), trainer.args.max_grad_norm)
    optimizer.step()
    model.zero_grad()
    return float(trainer.accelerator.gather(torch.stack(losses).sum()).mean())


def _found(rates: Sequence[float], losses: Sequence[float], *, diverged: bool) -> LearningRates:
    smoothed = smooth(losses)
    if len(losses) < _FEWEST or min(smoothed) >= smoothed[0]:
        raise TrainingError(
            f"--find-lr: no learning rate from {rates[0] if rates else 0:.1g} to {rates[-1] if rates else 0:.1g} "
            "lowers the loss; look at the whole example above, and try another method or float32"
        )
    return LearningRates(
        rates=list(rates),
        losses=list(losses),
        smoothed=smoothed,
        suggestion=steepest(rates, smoothed),
        diverged=diverged,
    )


def steepest(rates: Sequence[float], smoothed: Sequence[float]) -> float:
    """The learning rate before the lowest loss at which the loss falls fastest, on a logarithmic scale."""
    lowest = min(range(len(smoothed)), key=smoothed.__getitem__)
    falls = [after - before for before, after in pairwise(smoothed[: lowest + 1])]
    at = min(range(len(falls)), key=falls.__getitem__)
    return math.sqrt(rates[at] * rates[at + 1])


def smooth(losses: Sequence[float]) -> list[float]:
    """A running mean that is not drawn to its beginning."""
    means, mean = [], 0.0
    for number, loss in enumerate(losses, start=1):
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
        means.append(mean / (1 - _SMOOTHING**number))
    return means


def _growing(lowest: float, highest: float, steps: int) -> list[float]:
    return [lowest * (highest / lowest) ** (step / (steps - 1)) for step in range(steps)]


def _endless(loader: Any) -> Iterator[Mapping[str, Tensor]]:
    while True:
        yield from loader


def _trained(model: Any) -> Iterator[tuple[str, Tensor]]:
    return ((name, weight) for name, weight in model.named_parameters() if weight.requires_grad)
