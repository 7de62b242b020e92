"""What a training is about to do, in numbers; ``--dry-run`` shows it and ends there."""

from dataclasses import dataclass


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
    memory_bytes: int | None
    """Of one device at its peak; an estimate."""
    seconds: float | None
    """An estimate, after the first steps at the latest."""
