"""How long a training takes and what of it is no training: evaluations, checkpoints, kernels that are compiled once."""

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path

from train.asked import WATCHED, WATCHED_TOKENS
from train.batch import Lengths
from train.estimate import Work, step_seconds, training_seconds
from train.job import Job
from train.models.fused import WORTH
from train.plan import Schedule, occasions
from train.recording import ROUNDED

CHECKPOINT_BYTES = 12
"""Of a trained parameter in a checkpoint: itself, and the two states of AdamW."""
_WRITTEN_A_SECOND = 1e9
"""Bytes, to a disk that is neither slow nor fast."""
COMPILING_SECONDS, COMPILED_SECONDS = 18.0, 8.0
"""Measured on an H100, where 100 steps took 33 s instead of 14: compiling is over after some 20 steps. What lies on the
disk already is read, checked and brought to the card, and another training finds some of it only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """Seconds, by what they are spent on."""

    step: float
    """Of one whole optimiser step."""
    steps: float
    """Of all of them; the last one of an epoch may be smaller."""
    evaluations: float = 0.0
    checkpoints: float = 0.0
    compiling: float = 0.0

    @property
    def beside(self) -> dict[str, float]:
        """What comes on top of the steps."""
        parts = {name: getattr(self, name) for name in ("evaluations", "checkpoints", "compiling")}
        return {name: seconds for name, seconds in parts.items() if seconds > 0}

    @property
    def total(self) -> float:
        return self.steps + sum(self.beside.values())


def duration_of(
    job: Job, work: Work, length: Schedule, *, evaluated: int, lengths: Lengths | None, flops_per_second: float
) -> Duration:
    """``work`` is that of a batch at its largest; the usual one is of examples of usual lengths."""
    usual = work if lengths is None else replace(work, length=_usual_length(job, work.batch, lengths))
    return Duration(
        step=step_seconds(usual, job.batches.accumulation, flops_per_second),
        steps=training_seconds(usual, length.batches, length.seen, flops_per_second),
        evaluations=_evaluations(job, length) * _evaluation(job, work, evaluated, lengths, flops_per_second),
        checkpoints=_checkpoints(job, length) * work.trained * CHECKPOINT_BYTES / _WRITTEN_A_SECOND,
        compiling=_compiling(job, usual),
    )


def _usual_length(job: Job, rows: int, lengths: Lengths) -> int:
    usual = lengths.usual(rows, packed=job.packs)
    return math.ceil(rows * usual / ROUNDED) * ROUNDED // rows if job.records_steps else usual


def _evaluations(job: Job, length: Schedule) -> int:
    arguments = job.arguments
    return max(occasions(arguments.eval_strategy, float(arguments.eval_steps or 0), length.steps, length.epochs), 1)


def _checkpoints(job: Job, length: Schedule) -> int:
    arguments = job.arguments
    return occasions(arguments.save_strategy, float(arguments.save_steps), length.steps, length.epochs)


def _evaluation(job: Job, work: Work, evaluated: int, lengths: Lengths | None, flops_per_second: float) -> float:
    """One: the loss of all examples, and the few answers that the health guard looks at."""
    if not evaluated:
        return 0.0
    rows = int(job.arguments.per_device_eval_batch_size)
    long = work.length if lengths is None else lengths.usual(rows, packed=False)
    forward = replace(work, layers=0, trained=0, batch=rows, length=long)
    here = math.ceil(evaluated / job.batches.devices)
    seconds = training_seconds(forward, math.ceil(here / rows), here, flops_per_second)
    if not job.recipe.health_guard:
        return seconds
    a_token = step_seconds(replace(forward, batch=min(WATCHED, evaluated), length=1), 1, flops_per_second)
    return seconds + min(WATCHED_TOKENS, job.limits("dev").target) * a_token


def _compiling(job: Job, work: Work) -> float:
    """Where there is a card and enough to do on it; less where there are kernels on the disk, of whatever it may be."""
    if job.machine.is_cpu or not job.recipe.fused_kernels or work.tokens * work.hidden < WORTH:
        return 0.0
    from torch._inductor.runtime.cache_dir_utils import default_cache_dir

    folder = Path(os.environ.get("TORCHINDUCTOR_CACHE_DIR") or default_cache_dir())
    return COMPILED_SECONDS if folder.is_dir() and any(folder.iterdir()) else COMPILING_SECONDS
