"""A model that is divided among processes before anybody holds it whole: on no device, and once on each machine.

What the files have is mapped into memory, which all processes of a machine share, and is moved layer by layer. Where
weights of the base train, in another precision than the files', each process reads the rows alone that it holds.
"""

from pathlib import Path

from transformers import set_seed

from train.base import adapted
from train.distributed.shards import shard
from train.distributed.whole import reading
from train.job import Job
from train.methods.method import Model
from train.methods.saved import refuse_wrong_base
from train.models.part import fill_parts


def divided(job: Job) -> Model:
    """Every process has to come here."""
    folder, empty, dtype = job.base.folder, job.base.family.empty, job.precision.base
    if folder is None or empty is None or not job.method.adds_nothing:
        return _sharded(job, job.base.load_mapped(dtype), job.adapter)
    tuned = _sharded(job, empty(folder, dtype), None)
    tuned.to_empty(device=job.machine.device)
    fill_parts(tuned, folder)
    if job.adapter is not None:
        refuse_wrong_base(tuned, job.adapter)
        with reading(tuned):
            job.method.restore(tuned, job.adapter)
    return tuned


def _sharded(job: Job, base: Model, adapter: Path | None) -> Model:
    set_seed(int(job.arguments.seed))  # what a method draws depends on nothing that loading drew
    blocks = list(job.base.family.blocks(base))
    tuned = adapted(base, job.method, job.settings, job.base.family, adapter)
    return shard(tuned, blocks, job.machine.device)
