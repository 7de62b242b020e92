"""The trainer of a job, with everything that watches it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from torch import Tensor
from transformers import EarlyStoppingCallback, TrainerCallback

from train.callbacks.diagnosis import Diagnosis
from train.callbacks.guard import Answers, HealthGuard
from train.callbacks.log import LogWriter
from train.callbacks.progress import CountTokens, Progress
from train.callbacks.stop import SaveLast
from train.data import Data
from train.encoding.collate import PadRight
from train.encoding.pack import Pack
from train.job import Job
from train.methods.method import Model
from train.models.fused import SWITCH
from train.recording import ROUNDED
from train.trainer import MethodTrainer


def trainer_of(
    job: Job, model: Model, data: Data, *, answers: Answers | None = None, more: Sequence[TrainerCallback] = ()
) -> MethodTrainer:
    """``answers`` are for the health guard."""
    pad = int(data.tokenizer.pad_token_id)
    layout = partial(_laid_out, job.base.family.layout, model.config)
    padded = PadRight(pad=pad, multiple_of=1 if job.machine.is_cpu else 8, layout=layout, label_columns=job.fuses_loss)
    alike = {"multiple_of": ROUNDED, "alike": job.batches.per_device} if job.records_steps else {}
    tokens = CountTokens(Pack(pad=pad, layout=layout, **alike) if job.packs else padded, pad)
    SWITCH["is_on"] = job.recipe.fused_kernels
    return MethodTrainer(
        method=job.method,
        settings=job.settings,
        model=model,
        args=job.arguments,
        data_collator=tokens,
        evaluation_collator=padded,
        packs=job.packs,
        records_steps=job.records_steps,
        train_dataset=data.train,
        eval_dataset=data.dev,
        callbacks=[*_watching(job, tokens), *_deciding(job, answers), *more],
    )


def _watching(job: Job, tokens: CountTokens) -> list[TrainerCallback]:
    """The progress adds to the logs what the writer behind it writes down."""
    progress = Progress(job.observer, tokens)
    return [progress, LogWriter(job.folder)] if job.recipe.do_train else [progress]


def _deciding(job: Job, answers: Answers | None) -> list[TrainerCallback]:
    """The last one has the last word on when to save."""
    recipe = job.recipe
    callbacks: list[TrainerCallback] = []
    if recipe.early_stopping_patience is not None:
        callbacks.append(EarlyStoppingCallback(recipe.early_stopping_patience, recipe.early_stopping_threshold))
    if recipe.health_guard:
        diagnosis = Diagnosis(
            dtype=str(job.precision.base).removeprefix("torch."),
            learning_rate=job.learning_rate,
            prefix_projection=bool(getattr(job.settings, "prefix_projection", job.method.name == "prefix_tuning")),
        )
        callbacks.append(HealthGuard(diagnosis, answers=answers, observer=job.observer))
    return [*callbacks, SaveLast()]


def _laid_out(layout: Callable[[Tensor, Any], Mapping[str, Tensor]], config: Any, ids: Tensor) -> Mapping[str, Tensor]:
    return layout(ids, config)
