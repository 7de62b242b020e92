"""The plan of a job: counted, not tried; parameters without weights, memory and time by arithmetic."""

from dataclasses import replace

from train.base import count_parameters
from train.estimate import measured_flops, memory_bytes, step_seconds, work_of
from train.job import Job
from train.methods.method import Model
from train.plan import Plan, Schedule, schedule

CHECKPOINTING = ("gradient_checkpointing", "activation_checkpointing")
"""One thing; newer transformers has the second name."""


def plan_of(job: Job, examples: int, evaluated: int, mean_length: float | None = None) -> Plan:
    """Adapt a model without weights and count; where ``mean_length`` in tokens is unknown, all have the longest."""
    length = schedule(
        examples,
        job.batches,
        max_steps=int(job.recipe.training.get("max_steps", -1)),
        num_train_epochs=float(job.recipe.training.get("num_train_epochs", 3.0)),
    )
    model = job.base.skeleton(job.method, job.settings, job.precision.base)
    trained, parameters = count_parameters(model)
    memory, seconds = _estimates(job, model, length, mean_length)
    return Plan(
        run=str(job.folder),
        model=job.base.name,
        family=job.base.family.name,
        method=job.method.name,
        dtype=str(job.precision.base).removeprefix("torch."),
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
        memory_bytes=memory,
        seconds=seconds,
    )


def _estimates(job: Job, model: Model, length: Schedule, mean_length: float | None) -> tuple[int, float]:
    limits = job.limits("train")
    work = work_of(
        model,
        batch=job.batches.per_device,
        length=limits.source + limits.target,
        checkpointing=any(job.recipe.training.get(name) for name in CHECKPOINTING),
        optimizer=str(job.arguments.optim),
        devices=job.batches.devices,
        through_base=job.method.through_base,
    )
    usual = work if mean_length is None else replace(work, length=max(1, round(mean_length)))
    speed = measured_flops(work, job.machine.device, job.precision.base)
    return memory_bytes(work), length.steps * step_seconds(usual, job.batches.accumulation, speed)
