"""A model that is divided among processes before anybody holds it whole: on no device, and once on each machine.

What the files have is mapped into memory, which all processes of a machine share, and is moved layer by layer. Where
weights of the base train, in another precision than the files', each process reads the rows alone that it holds.
"""

from pathlib import Path

from transformers import set_seed

from train.base import adapted
from train.distributed.shards import shard
from train.distributed.whole import reading
from train.distributed.zero import require_no_single_numbers
from train.distributed.zero_parts import divide_all, fill_divided
from train.job import Job
from train.methods.method import Model
from train.methods.saved import refuse_wrong_base
from train.models.part import fill_parts


def divided(job: Job) -> Model:
    """By FSDP2, or by ZeRO-3; every process has to come here."""
    folder, empty, dtype = job.base.folder, job.base.family.empty, job.precision.base
    by_zero, device = not job.shards, job.machine.device
    if folder is None or empty is None or not job.method.adds_nothing:
        tuned, blocks = _adapted(job, job.base.load_mapped(dtype), job.adapter)
        if not by_zero:
            return shard(tuned, blocks, device)
        divide_all(tuned, job.arguments, device)
        return tuned
    tuned, blocks = _adapted(job, empty(folder, dtype), None)
    if by_zero:
        fill_divided(tuned, folder, job.arguments, device)
    else:
        tuned = shard(tuned, blocks, device)
        tuned.to_empty(device=device)
        fill_parts(tuned, folder)
    if job.adapter is not None:
        refuse_wrong_base(tuned, job.adapter)
        with reading(tuned):
            job.method.restore(tuned, job.adapter)
    return tuned


def _adapted(job: Job, base: Model, adapter: Path | None) -> tuple[Model, list[Model]]:
    """And the base's layers, by which it is divided."""
    set_seed(int(job.arguments.seed))  # what a method draws depends on nothing that loading drew
    blocks = list(job.base.family.blocks(base))
    tuned = adapted(base, job.method, job.settings, job.base.family, adapter)
    if not job.shards:
        require_no_single_numbers(tuned)
    return tuned, blocks
