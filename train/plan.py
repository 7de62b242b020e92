"""What a training is about to do, in numbers; ``--dry-run`` shows it and ends there."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything of the table before the start."""

    run: str
    model: str
    family: str
    method: str
    dtype: str
    device: str
    examples: int
    evaluated: int
    parameters_trained: int
    parameters: int
    per_device_train_batch_size: int
    gradient_accumulation_steps: int
    devices: int
    total_train_batch_size: int
    max_steps: int
    num_train_epochs: int
    """As current transformers counts them: the last one may be begun only."""
    epochs_explained: str
    """Where transformers of the official scripts counted otherwise; empty where it did not."""
    learning_rate: float
    recomputed_layers: int
    """Whose activations are not kept, besides those of ``gradient_checkpointing``."""
    memory_bytes: int | None
    """Of one device at its peak; an estimate."""
    seconds: float | None
    """An estimate, after the first steps at the latest."""
    step_seconds: float | None = None
    """Of one optimiser step."""
    beside_steps: Mapping[str, float] = field(default_factory=dict)
    """Seconds that are no training: ``evaluations``, ``checkpoints``, ``compiling``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """How examples are put together."""

    per_device: int
    accumulation: int
    devices: int
    drop_last: bool = False

    @property
    def total(self) -> int:
        return self.per_device * self.accumulation * self.devices

    def in_an_epoch(self, examples: int) -> int:
        """Batches that one device sees; the last may be smaller."""
        if self.drop_last:
            return examples // self.per_device // self.devices
        return math.ceil(math.ceil(examples / self.per_device) / self.devices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long a training is."""

    steps: int
    epochs: int
    explained: str
    batches: int
    """That one device sees."""
    seen: int
    """Examples in them, one as often as it comes."""


def schedule(examples: int, batches: Batches, *, max_steps: int, num_train_epochs: float) -> Schedule:
    """Count steps and epochs as transformers' Trainer does; ``max_steps`` above 0 decides alone.

    Current transformers makes the rest of an epoch's batches a step of its own; 4.27, of the official scripts, carried
    it over into the next epoch and counted only the full steps.
    """
    in_epoch = batches.in_an_epoch(examples)
    updates = max(math.ceil(in_epoch / batches.accumulation), 1)
    official = max(in_epoch // batches.accumulation, 1)
    steps, epochs = _counted(updates, max_steps, num_train_epochs)
    official_steps, official_epochs = _counted(official, max_steps, num_train_epochs)
    explained = ""
    if (steps, epochs) != (official_steps, official_epochs):
        explained = (
            f"transformers 4.27 of the official scripts says {official_epochs} epochs and {official_steps:,} steps: it "
            f"counted {official} updates an epoch of {in_epoch} batches, today's counts {updates}, the last one smaller"
        )
    whole, rest = divmod(steps, updates)
    rest = min(rest * batches.accumulation, in_epoch)
    of_epoch = in_epoch * batches.per_device if batches.drop_last else math.ceil(examples / batches.devices)
    return Schedule(
        steps=steps,
        epochs=epochs,
        explained=explained,
        batches=whole * in_epoch + rest,
        seen=whole * of_epoch + min(rest * batches.per_device, of_epoch),
    )


def _counted(updates: int, max_steps: int, num_train_epochs: float) -> tuple[int, int]:
    if max_steps > 0:
        return max_steps, math.ceil(max_steps / updates)
    return math.ceil(num_train_epochs * updates), math.ceil(num_train_epochs)


def occasions(strategy: str, every: float, steps: int, epochs: int) -> int:
    """How often something is done every so many steps, or share of all steps, and at the last one; or every epoch."""
    if strategy not in ("steps", "epoch"):
        return 0
    if strategy == "epoch":
        return epochs
    return math.ceil(steps / max(every if every >= 1 else math.ceil(every * steps), 1))
