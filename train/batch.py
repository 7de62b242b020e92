"""How many examples go through the model at once: as many as fit, where that changes nothing but the speed."""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from train.distributed.stage import stage_of
from train.estimate import Work, memory_bytes, work_of
from train.job import CHECKPOINTING, Job
from train.methods.method import Model
from train.models.room import free_memory
from train.recording import FEW_TOKENS

FILLED = 0.85
"""Share of the free memory that an estimate may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Of the examples, in tokens."""

    mean: float
    deviation: float
    longest: int
    ordered: npt.NDArray[np.int64] = field(repr=False, compare=False)

    @classmethod
    def of(cls, lengths: npt.NDArray[np.int64]) -> "Lengths":
        mean, deviation, longest = float(lengths.mean()), float(lengths.std()), int(lengths.max())
        return cls(mean=mean, deviation=deviation, longest=longest, ordered=np.sort(lengths))

    def usual(self, rows: int, *, packed: bool) -> int:
        """What a row of a batch takes on average: padded all rows take what the longest of so many drawn ones does."""
        if packed:
            return max(1, round(self.mean))
        shares = np.arange(len(self.ordered) + 1) / len(self.ordered)
        return max(1, round(float(self.ordered @ np.diff(shares**rows))))

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
        recomputed=job.recomputed,
        checkpointing=any(job.recipe.training.get(name) for name in CHECKPOINTING),
        optimizer=str(job.arguments.optim),
        devices=job.batches.devices,
        through_base=job.method.through_base,
        fused_loss=job.fuses_loss,
        packed=job.packs,
        on_card=not job.machine.is_cpu,
        recorded=job.records_steps,
        stage=stage_of(job.recipe.training),
    )


def with_fitting_batch(job: Job, lengths: npt.NDArray[np.int64]) -> Job:
    """The same batch in as few parts as fit into the device's memory: gradients that were accumulated become one.

    So where ``batch`` is ``auto``, or says nothing and examples are packed, which computes the same either way. Where
    the smallest part does not fit, as many layers are recomputed as it takes, unless the recipe says how many.
    """
    fitted = _fitted(replace(job, recomputed=job.recipe.recomputed_layers or 0), lengths)
    job.arguments.per_device_train_batch_size = fitted.batches.per_device
    job.arguments.gradient_accumulation_steps = fitted.batches.accumulation
    return replace(fitted, records_steps=_records_steps(fitted, float(lengths.mean())))


def _records_steps(job: Job, mean: float) -> bool:
    """Where it can be, and the processor would start a step's operations more slowly than they run."""
    wanted, why = job.recipe.cuda_graphs, job.cannot_record
    if wanted and why:
        job.observer.note(f"cuda_graphs: {why}; steps are not recorded")
    is_small = job.batches.per_device * mean <= FEW_TOKENS
    return why is None and (is_small if wanted is None else wanted)


def _fitted(job: Job, lengths: npt.NDArray[np.int64]) -> Job:
    free = None if job.machine.is_cpu else free_memory(job.machine.device)
    if free is None:
        return job
    free = job.processes.least(free)
    model, known = job.base.skeleton(job.method, job.settings, job.precision.base), Lengths.of(lengths)

    def fits(each: Job) -> bool:
        rows = each.batches.per_device
        work = work_of_job(each, model, rows, known.at_most(rows, packed=each.packs))
        return memory_bytes(work) <= FILLED * free

    parts = _parts(job)
    if (found := next(filter(fits, parts), None)) is not None:
        return found
    least = parts[-1]
    if job.recipe.recomputed_layers is not None or not _has_layers_to_recompute(job):
        return least
    layers = int(model.config.num_hidden_layers)
    more = (replace(least, recomputed=count) for count in range(1, layers + 1))
    return next(filter(fits, more), replace(least, recomputed=layers))


def _parts(job: Job) -> list[Job]:
    """The batch in ever more parts; as it is alone where that is not for us to choose."""
    wanted = job.recipe.batch == "auto" or (job.recipe.batch is None and job.packs)
    if not wanted or job.arguments.deepspeed:  # which has been told the batch already
        return [job]
    together = job.batches.per_device * job.batches.accumulation
    parts = [rows for rows in range(together, 0, -1) if together % rows == 0]
    return [
        replace(job, batches=replace(job.batches, per_device=rows, accumulation=together // rows)) for rows in parts
    ]


def _has_layers_to_recompute(job: Job) -> bool:
    return job.method.through_base and not any(job.recipe.training.get(name) for name in CHECKPOINTING)
