"""``prep train``: a recipe becomes the folder of a run, ``run.json`` last; or, in a dry run, a plan."""

from contextlib import nullcontext
from dataclasses import replace
from time import perf_counter
from typing import Any

from transformers import set_seed
from transformers.trainer_utils import IntervalStrategy

from schemas.errors import OptionError
from schemas.run import RECIPE, RUN, Run
from train.asked import watched_answers
from train.base import adapted
from train.batch import with_fitting_batch
from train.callbacks.stop import StopWhenAsked
from train.chatter import silence_deepspeed
from train.curve import draw_search
from train.data import Data, counted_data, data_to_evaluate, encoded_data
from train.distributed.loading import divided
from train.distributed.zero import divides_weights
from train.early_end import early_end
from train.finish import Outcome, finish
from train.job import Job, job_of
from train.learning_rate import find_learning_rate
from train.measured import Meter
from train.methods.method import Model
from train.observer import Observer, Silent
from train.plan import Plan
from train.planning import plan_of
from train.processes import Processes
from train.recipe.recipe import Recipe
from train.recipe.saving import save_recipe
from train.recomputing import recompute
from train.run_folder import (
    EVALUATED,
    PREDICTIONS,
    RATE,
    RATES,
    Start,
    is_the_end,
    look,
    prepare,
    read_json,
    write_json,
)
from train.scored import score_lines, scores_of
from train.trainer import MethodTrainer
from train.training import trainer_of


def train(
    recipe: Recipe, observer: Observer | None = None, *, dry_run: bool = False, devices: int | None = None
) -> Run | Plan:
    """Train as the recipe says; ``dry_run`` loads no weights and writes nothing, ``devices`` plans for so many.

    Raises a PrepError for what the user can mend. Where the folder holds this very run already, that is opened.
    """
    silence_deepspeed()
    processes = Processes.here()
    told: Observer = observer if observer is not None and processes.is_first else Silent()
    job = job_of(recipe, told, processes, dry_run=dry_run, devices=devices)
    if dry_run:
        examples, evaluated, lengths = counted_data(job)
        plan = plan_of(job if lengths is None else with_fitting_batch(job, lengths), examples, evaluated, lengths)
        told.planned(plan)
        return plan
    if not recipe.do_train:
        return _without_training(job)
    start = look(job.folder, job.inputs, resume=recipe.resume, overwrite=recipe.overwrite)
    if start.how == "finished":
        told.note(f"{job.folder}: trained already, on the same records with the same recipe")
        return Run.open(job.folder)
    with early_end(job.folder):
        return _train(job, start)


def _train(job: Job, start: Start) -> Run:
    started = perf_counter()
    data = encoded_data(job)
    job = with_fitting_batch(job, data.train.lengths)
    plan = plan_of(job, len(data.train), 0 if data.dev is None else len(data.dev), data.train.lengths)
    job.observer.planned(plan)
    _begin(job, start)
    model = _model(job)
    recompute(model, job.recomputed)
    if job.recipe.find_lr:
        job, plan = _with_found_rate(job, plan, start, model, data)
    meter = Meter(job.machine.device)
    trainer = _trained(job, plan, start, model, data)
    if data.dev is not None and job.arguments.eval_strategy == IntervalStrategy.NO:
        trainer.evaluate()
    took = meter.took(trainer, is_whole=start.checkpoint is None)
    with trainer.made_whole():
        scores = scores_of(job, trainer.model, data.tokenizer)
        if job.processes.is_first:
            outcome = Outcome(
                steps=trainer.state.global_step,
                wrapper=trainer.wrapper,
                best_eval_loss=trainer.state.best_metric,
                seconds=perf_counter() - started,
                took=took,
                scores=scores,
            )
            finish(job, plan, trainer.model, data.tokenizer, outcome)
    job.processes.wait()
    run = Run.open(job.folder)
    job.observer.finished(run)
    return run


def _trained(job: Job, plan: Plan, start: Start, model: Model, data: Data) -> MethodTrainer:
    stop = StopWhenAsked(job.observer)
    trainer = trainer_of(job, model, data, answers=watched_answers(job, data), more=[stop])
    if start.checkpoint is not None and is_the_end(start.checkpoint, plan.max_steps):
        trainer.end_at(start.checkpoint)
        return trainer
    together = job.processes.count > 1  # processes would stop at different steps, and wait for each other
    with nullcontext() if together else stop.listening():
        trainer.train_from(start.checkpoint)
    if stop.is_asked and trainer.state.global_step < plan.max_steps:
        raise KeyboardInterrupt
    return trainer


def _begin(job: Job, start: Start) -> None:
    """All have looked at the folder before the first one changes it, and go on when it is ready."""
    job.processes.wait()
    if job.processes.is_first:
        prepare(job.folder, start, job.inputs)
        save_recipe(job.whole_recipe, job.folder / RECIPE)
    job.processes.wait()


def _model(job: Job) -> Model:
    set_seed(int(job.arguments.seed))
    if job.shards or divides_weights(job.arguments):
        return divided(job)
    model = job.base.load(job.precision.base, job.machine.device)
    set_seed(int(job.arguments.seed))  # what a method draws depends on nothing that loading drew
    return adapted(model, job.method, job.settings, job.base.family, job.adapter)


def _with_found_rate(job: Job, plan: Plan, start: Start, model: Model, data: Data) -> tuple[Job, Plan]:
    """Search the learning rate and draw what was found, or take what was found before; train with it."""
    if start.how == "resume":
        rate = float(read_json(job.folder / RATE).get("suggestion", job.learning_rate))
    else:
        found = find_learning_rate(trainer_of(job, model, data), stepped=job.observer.stepped)
        rate = found.suggestion
        if job.processes.is_first:
            points = list(zip(found.rates, found.smoothed, strict=True))
            draw_search(points, rate, job.folder / RATES, job.folder.name)
            write_json(job.folder / RATE, {"suggestion": rate, "rates": found.rates, "losses": found.losses})
            job.observer.searched(found, job.folder / RATES)
    job.observer.note(f"learning rate {rate:.3g}: the loss falls fastest there; see {job.folder / RATES}")
    job.arguments.learning_rate = rate
    return replace(job, learning_rate=rate), replace(plan, learning_rate=rate)


def _without_training(job: Job) -> Run:
    """``do_eval`` and ``do_predict`` alone: of a base, or of what was trained before; a run in the folder stays."""
    recipe = job.recipe
    if not (recipe.do_eval or recipe.do_predict):
        raise OptionError("nothing to do; expected at least one of do_train, do_eval and do_predict")
    model = _model(job) if job.adapter else job.base.load(job.precision.base, job.machine.device)
    if job.adapter and job.method.settle is not None:
        model = job.method.settle(model)
    facts: dict[str, Any] = {}
    if recipe.do_eval:
        facts = trainer_of(job, model, data_to_evaluate(job)).evaluate()
    scores = scores_of(job, model, job.base.tokenizer(split_special_tokens=recipe.split_special_tokens))
    if job.processes.is_first:
        job.folder.mkdir(parents=True, exist_ok=True)
        facts |= {"scores": scores} if scores else {}
        if recipe.do_eval:
            write_json(job.folder / EVALUATED, facts)
        for line in score_lines(scores):
            job.observer.note(line)
        if recipe.do_predict:
            job.observer.note(f"{job.folder / PREDICTIONS}: written")
    job.processes.wait()
    if (job.folder / RUN).is_file():
        return Run.open(job.folder)
    names = {"model": recipe.model, "method": job.method.name, "dataset": job.records.name}
    return Run(path=job.folder, **names, facts={**names, **facts})
