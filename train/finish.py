"""What a training leaves behind: the adapter, the curve, a whole model where asked for, and ``run.json`` last."""

import importlib.metadata
import platform
import shutil
from dataclasses import asdict, dataclass, field
from typing import Any

from schemas.run import ADAPTER, CURVE, FORMAT, LOG, MERGED, RUN, Run
from train.callbacks.log import read_log
from train.curve import draw_losses
from train.families.family import Tokenizer
from train.job import Job, without_secrets
from train.measured import Took, estimated
from train.merge import write_merged
from train.methods.method import Method, Model, Settings
from train.methods.saved import save_adapter
from train.plan import Plan
from train.run_folder import write_json
from train.scored import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the trainer knows when it is done."""

    steps: int
    wrapper: str
    """Class around the model while it trained: what made several processes train together."""
    best_eval_loss: float | None
    seconds: float
    took: Took
    scores: Scores = field(default_factory=dict)


LIBRARIES = ("prep-chatglm", "torch", "transformers", "peft", "accelerate")


def finish(job: Job, plan: Plan, model: Model, tokenizer: Tokenizer, outcome: Outcome) -> Run:
    """Write everything; ``model`` is used up."""
    log = read_log(job.folder / LOG)
    if log:
        draw_losses(log, job.folder / CURVE, job.folder.name)
    method = _save(job, model)
    if job.recipe.merge:
        write_merged(model, job.method, tokenizer, job.folder / MERGED)
    facts = {
        "format": FORMAT,
        "model": job.recipe.model,
        "method": method,
        "dataset": job.records.name,
        "family": job.base.family.name,
        "device": job.machine.name,
        "devices": job.processes.count,
        "wrapper": outcome.wrapper,
        "dtype": plan.dtype,
        "parameters_trained": plan.parameters_trained,
        "parameters": plan.parameters,
        "examples": plan.examples,
        "evaluated": plan.evaluated,
        "steps": outcome.steps,
        "total_train_batch_size": plan.total_train_batch_size,
        "learning_rate": plan.learning_rate,
        "loss": _last(log, "loss"),
        "eval_loss": _last(log, "eval_loss"),
        "best_eval_loss": outcome.best_eval_loss,
        "scores": outcome.scores,
        "seconds": round(outcome.seconds, 1),
        "estimated": estimated(plan),
        "measured": asdict(outcome.took),
        "data": {"dataset": job.recipe.dataset, "sha256": dict(job.records.hashes)},
        "recipe": without_secrets(asdict(job.whole_recipe)),
        "versions": _versions(),
    }
    write_json(job.folder / RUN, facts)
    return Run.open(job.folder)


def _save(job: Job, model: Model) -> str:
    """The adapter, beside its place first; the name of the method that it is now."""
    method, settings, simpler = _folded(job, model)
    target = job.folder / ADAPTER
    beside = target.with_name(f"{ADAPTER}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    save_adapter(simpler, method, settings, beside)
    shutil.rmtree(target, ignore_errors=True)
    beside.rename(target)
    return method.name


def _folded(job: Job, model: Model) -> tuple[Method, Settings, Model]:
    if job.method.fold is None:
        return job.method, job.settings, model
    from train.methods.registry import method_of, settings_of

    name, values, simpler = job.method.fold(model, job.settings)
    method = method_of(name)
    return method, settings_of(method, values), simpler


def _last(log: list[dict[str, Any]], name: str) -> float | None:
    return next((row[name] for row in reversed(log) if name in row), None)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
