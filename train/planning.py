"""The plan of a job: counted, not tried; parameters without weights, memory and time by arithmetic."""

import numpy as np
import numpy.typing as npt

from train.base import count_parameters
from train.batch import Lengths, work_of_job
from train.duration import Duration, duration_of
from train.estimate import measured_flops, memory_bytes
from train.job import Job
from train.methods.method import Model
from train.plan import Plan, Schedule, schedule


def plan_of(job: Job, examples: int, evaluated: int, lengths: npt.NDArray[np.int64] | None = None) -> Plan:
    """Adapt a model without weights and count; where ``lengths`` are unknown, all have the longest."""
    length = schedule(
        examples,
        job.batches,
        max_steps=int(job.recipe.training.get("max_steps", -1)),
        num_train_epochs=float(job.recipe.training.get("num_train_epochs", 3.0)),
    )
    model = job.base.skeleton(job.method, job.settings, job.precision.base)
    trained, parameters = count_parameters(model)
    memory, duration = _estimates(job, model, length, evaluated, None if lengths is None else Lengths.of(lengths))
    return Plan(
        run=str(job.folder),
        model=job.base.name,
        family=job.base.family.name,
        method=job.method.name,
        dtype=_dtype(job),
        device=job.machine.name,
        examples=examples,
        evaluated=evaluated,
        parameters_trained=trained,
        parameters=parameters,
        per_device_train_batch_size=job.batches.per_device,
        gradient_accumulation_steps=job.batches.accumulation,
        devices=job.batches.devices,
        total_train_batch_size=job.batches.total,
        max_steps=length.steps,
        num_train_epochs=length.epochs,
        epochs_explained=length.explained,
        learning_rate=job.learning_rate,
        recomputed_layers=job.recomputed,
        memory_bytes=memory,
        seconds=duration.total,
        step_seconds=duration.step,
        beside_steps=duration.beside,
    )


def _dtype(job: Job) -> str:
    name = str(job.precision.base).removeprefix("torch.")
    return name if job.base.quantization == "none" else f"{name} (weights {job.base.quantization})"


def _estimates(
    job: Job, model: Model, length: Schedule, evaluated: int, lengths: Lengths | None
) -> tuple[int, Duration]:
    rows, limits = job.batches.per_device, job.limits("train")
    longest = limits.source + limits.target
    work = work_of_job(job, model, rows, longest if lengths is None else lengths.at_most(rows, packed=job.packs))
    speed = measured_flops(work, job.machine.device, job.precision.base)
    return memory_bytes(work), duration_of(
        job, work, length, evaluated=evaluated, lengths=lengths, flops_per_second=speed
    )
