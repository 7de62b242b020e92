"""How many examples go through the model at once: as many as fit, where that changes nothing but the speed."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from train.estimate import Work, memory_bytes, work_of
from train.job import Job
from train.methods.method import Model
from train.models.room import free_memory

CHECKPOINTING = ("gradient_checkpointing", "activation_checkpointing")
"""One thing; newer transformers has the second name."""
FILLED = 0.85
"""Share of the free memory that an estimate may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Of the examples, in tokens."""

    mean: float
    deviation: float
    longest: int

    @classmethod
    def of(cls, lengths: npt.NDArray[np.int64]) -> "Lengths":
        return cls(mean=float(lengths.mean()), deviation=float(lengths.std()), longest=int(lengths.max()))

    def at_most(self, rows: int, *, packed: bool) -> int:
        """What a row of a batch takes when the batch is a large one: padded all rows take the longest; of packed ones
        the mean counts, which four standard errors hardly ever exceed."""
        if not packed:
            return self.longest
        spread: float = self.deviation / rows**0.5
        return min(self.longest, round(self.mean + 4 * spread))


def work_of_job(job: Job, model: Model, rows: int, length: int) -> Work:
    return work_of(
        model,
        batch=rows,
        length=length,
        checkpointing=any(job.recipe.training.get(name) for name in CHECKPOINTING),
        optimizer=str(job.arguments.optim),
        devices=job.batches.devices,
        through_base=job.method.through_base,
        fused_loss=job.fuses_loss,
        packed=job.packs,
    )


def with_fitting_batch(job: Job, lengths: npt.NDArray[np.int64]) -> Job:
    """The same batch in as few parts as fit into the device's memory: gradients that were accumulated become one.

    So where ``batch`` is ``auto``, or says nothing and examples are packed, which computes the same either way.
    """
    wanted = job.recipe.batch == "auto" or (job.recipe.batch is None and job.packs)
    wanted = wanted and not job.arguments.deepspeed  # which has been told the batch already
    free = None if job.machine.is_cpu else free_memory(job.machine.device)
    if not wanted or free is None:
        return job
    together = job.batches.per_device * job.batches.accumulation
    model, known = job.base.skeleton(job.method, job.settings, job.precision.base), Lengths.of(lengths)
    for rows in [each for each in range(together, 0, -1) if together % each == 0]:
        work = work_of_job(job, model, rows, known.at_most(rows, packed=job.packs))
        if rows == 1 or memory_bytes(work) <= FILLED * free:
            return _with_rows(job, rows, together // rows)
    return job


def _with_rows(job: Job, rows: int, accumulation: int) -> Job:
    job.arguments.per_device_train_batch_size = rows
    job.arguments.gradient_accumulation_steps = accumulation
    return replace(job, batches=replace(job.batches, per_device=rows, accumulation=accumulation))
