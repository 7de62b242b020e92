"""What a training took, beside what was estimated before it."""

from dataclasses import dataclass
from time import perf_counter

import torch

from train.callbacks.progress import Progress
from train.plan import Plan
from train.trainer import MethodTrainer


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """As ``run.json`` has it."""

    memory_bytes: int | None
    """Of this device at the peak of the training; None on processors, whose memory is everybody's."""
    seconds: float | None
    """Of all steps, evaluations and checkpoints; None where only the rest was trained."""
    step_seconds: float | None
    """Of one optimiser step, as most took."""


class Meter:
    """Begins to measure when it is made."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        self._started = perf_counter()

    def took(self, trainer: MethodTrainer, *, is_whole: bool) -> Took:
        peak = torch.cuda.max_memory_allocated(self._device) if self._device.type == "cuda" else None
        watched = (each for each in trainer.callback_handler.callbacks if isinstance(each, Progress))
        return Took(
            memory_bytes=peak,
            seconds=perf_counter() - self._started if is_whole else None,
            step_seconds=next((each.step_seconds for each in watched), None),
        )


def estimated(plan: Plan) -> dict[str, float | None]:
    """The same facts, as they were expected."""
    return {"memory_bytes": plan.memory_bytes, "seconds": plan.seconds, "step_seconds": plan.step_seconds}
