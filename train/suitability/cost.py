"""How long a model will take to read and to write, and what lies on the disk afterwards: estimates, made in no time.

A training is what ``prep train`` says of it. A model reads in batches; each takes its products at the speed that
``train/estimate.py`` measures, and a millisecond a layer. It writes a token of a batch in the same way. The tuned model
is taken to write as much as the references have characters, the base as much as it may.
"""

import math
from dataclasses import dataclass, replace

import torch

from train.answer.load import Found
from train.duration import CHECKPOINT_BYTES
from train.estimate import Work, measured_flops, step_seconds, work_of
from train.evaluation.asked import Planned
from train.job import Job
from train.plan import Plan, occasions
from train.run_folder import last_checkpoint, step_of

_ADAPTER = 4
"""Bytes of a trained parameter in an adapter."""
_BITS, _TOKEN = 60, 4
"""Bytes of an item's bits, and of a token of an answer."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Of a base on a device."""

    work: Work
    """Of one batch of one token, forward alone."""
    flops: float

    @classmethod
    def of(cls, base: Found, batch_size: int) -> "Speed":
        with torch.device("meta"):
            model: torch.nn.Module = base.base.family.skeleton(**base.base.fields)
        whole = work_of(model.to(base.dtype), batch=batch_size, length=128, checkpointing=False)
        forward = replace(whole, layers=0, trained=0)
        return cls(replace(forward, length=1), measured_flops(forward, base.device, base.dtype))

    def seconds(self, cell: Planned) -> float:
        """Of a cell, in batches."""
        batches, items = math.ceil(cell.items / self.work.batch), max(cell.items, 1)
        answer = cell.reference_characters / items
        read = cell.tokens / items + (answer if cell.kind == "bits" else 0)
        spent = batches * self._batch(max(1, round(read)))
        if cell.kind == "answers":
            longest = cell.most_new_tokens / items
            spent += batches * self._batch(1) * (min(answer, longest) if cell.side == "tuned" else longest)
        return spent

    def _batch(self, length: int) -> float:
        return step_seconds(replace(self.work, length=length), 1, self.flops)


def cell_bytes(cell: Planned) -> int:
    return _BITS * cell.items + _TOKEN * cell.most_new_tokens


def steps_left(job: Job, plan: Plan) -> int:
    """After the last checkpoint."""
    last = last_checkpoint(job.folder)
    return plan.max_steps - (min(step_of(last), plan.max_steps) if last else 0)


def run_bytes(job: Job, plan: Plan) -> int:
    """The adapter and the checkpoints that stay."""
    return plan.parameters_trained * (_ADAPTER + CHECKPOINT_BYTES * _checkpoints(job, plan))


def _checkpoints(job: Job, plan: Plan) -> int:
    arguments = job.arguments
    written = occasions(arguments.save_strategy, float(arguments.save_steps), plan.max_steps, plan.num_train_epochs)
    return min(written, arguments.save_total_limit or written)
