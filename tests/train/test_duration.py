"""The time of a training is counted: the examples of its steps, evaluations, checkpoints, kernels compiled once."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from schemas.run import Run
from tests.train.runs import recipe
from tests.train.test_estimate import CHATGLM
from train.batch import Lengths
from train.duration import COMPILED_SECONDS, COMPILING_SECONDS, Duration, duration_of
from train.estimate import Work, flops, step_seconds
from train.job import Job, job_of
from train.measured import Meter
from train.observer import Silent
from train.plan import Plan, schedule
from train.planning import plan_of
from train.precision import Machine
from train.processes import Processes
from train.run import train

SPEED = 1e14
CARD = Machine(device=torch.device("cuda"), name="a card", bfloat16=True, tf32=True)
WORK = replace(CHATGLM, batch=2, length=300)


def job(tmp_path: Path, model: Path, *, devices: int = 1, **training: Any) -> Job:
    own = {name: training.pop(name) for name in ("health_guard", "fused_kernels") if name in training}
    wanted = recipe(tmp_path, model, do_eval=True, training=training, **own)
    return job_of(wanted, Silent(), Processes.here(), dry_run=True, devices=devices)


def lasting(
    job: Job, *, work: Work = WORK, examples: int = 22, evaluated: int = 6, lengths: Lengths | None = None
) -> Duration:
    training = job.recipe.training
    steps, epochs = int(training["max_steps"]), float(training.get("num_train_epochs", 3.0))
    length = schedule(examples, job.batches, max_steps=steps, num_train_epochs=epochs)
    return duration_of(job, work, length, evaluated=evaluated, lengths=lengths, flops_per_second=SPEED)


def test_without_anything_beside_them_the_steps_are_all(tmp_path: Path, model_folder: Path) -> None:
    lasts = lasting(job(tmp_path, model_folder, eval_strategy="no"), examples=32, evaluated=0)

    assert lasts.beside == {}
    assert lasts.total == lasts.steps == pytest.approx(7 * step_seconds(WORK, 2, SPEED))
    assert lasts.step == pytest.approx(step_seconds(WORK, 2, SPEED))


def test_a_smaller_step_at_the_end_of_an_epoch_takes_less(tmp_path: Path, model_folder: Path) -> None:
    asked = job(tmp_path, model_folder, max_steps=6, eval_strategy="no")

    lasts = lasting(asked, examples=22, evaluated=0)

    computing = flops(WORK) / 2 * 22 / (SPEED * 0.45)
    assert lasts.steps == pytest.approx(computing + 11 * 28e-3)
    assert lasts.steps < 6 * lasts.step


@pytest.mark.parametrize(
    ("strategy", "evaluations"),
    [
        ({"eval_strategy": "steps", "eval_steps": 2}, 4),
        ({"eval_strategy": "steps", "eval_steps": 7}, 1),
        ({"eval_strategy": "steps", "eval_steps": 0.3}, 3),
        ({"eval_strategy": "epoch"}, 2),
        ({"eval_strategy": "no"}, 1),
    ],
)
def test_every_evaluation_costs_a_forward_pass_over_all_examples(
    tmp_path: Path, model_folder: Path, strategy: dict[str, Any], evaluations: int
) -> None:
    asked = job(tmp_path, model_folder, per_device_eval_batch_size=4, **strategy)

    lasts = lasting(asked, evaluated=6)

    forward = 2.0 * 6 * 300 * WORK.parameters / (SPEED * 0.45) + 2 * 28e-3
    assert lasts.evaluations == pytest.approx(evaluations * forward, rel=1e-6)


def test_steps_and_evaluations_take_the_lengths_that_examples_usually_have(tmp_path: Path, model_folder: Path) -> None:
    lengths = Lengths.of(np.array([40, 10, 30, 20]))

    lasts = lasting(job(tmp_path, model_folder, per_device_eval_batch_size=1), lengths=lengths)

    assert lasts.step == pytest.approx(step_seconds(replace(WORK, length=31), 2, SPEED))
    assert lasts.evaluations == pytest.approx(6 * (2.0 * 25 * WORK.parameters / (SPEED * 0.45) + 28e-3))


def test_each_device_evaluates_its_part(tmp_path: Path, model_folder: Path) -> None:
    asked = (job(tmp_path, model_folder, devices=count, per_device_eval_batch_size=2) for count in (1, 2))

    one, two = (lasting(each, evaluated=8) for each in asked)

    assert two.evaluations == pytest.approx(one.evaluations / 2)


def test_the_answers_of_the_health_guard_are_written_token_by_token(tmp_path: Path, model_folder: Path) -> None:
    quiet, watched = (
        lasting(job(tmp_path, model_folder, eval_strategy="no", health_guard=is_on)) for is_on in (False, True)
    )

    tokens = 12  # no more than an answer may have
    a_token = 2.0 * 4 * WORK.parameters / (SPEED * 0.45) + 28e-3
    assert watched.evaluations - quiet.evaluations == pytest.approx(tokens * a_token)


def test_the_health_guard_asks_no_more_than_there_is(tmp_path: Path, model_folder: Path) -> None:
    one, many = (lasting(job(tmp_path, model_folder, health_guard=True), evaluated=count) for count in (1, 4))
    one_quiet, many_quiet = (
        lasting(job(tmp_path, model_folder, health_guard=False), evaluated=count) for count in (1, 4)
    )

    assert one.evaluations - one_quiet.evaluations < many.evaluations - many_quiet.evaluations


@pytest.mark.parametrize(("saving", "checkpoints"), [({"save_strategy": "steps", "save_steps": 3}, 3), ({}, 0)])
def test_a_checkpoint_is_written_with_the_states_of_the_optimiser(
    tmp_path: Path, model_folder: Path, saving: dict[str, Any], checkpoints: int
) -> None:
    lasts = lasting(job(tmp_path, model_folder, **saving))

    assert lasts.checkpoints == pytest.approx(checkpoints * 12 * WORK.trained / 1e9)


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "kernels"))
    return tmp_path / "kernels"


def test_on_a_card_kernels_are_compiled_once(tmp_path: Path, model_folder: Path, kernels: Path) -> None:
    asked = replace(job(tmp_path, model_folder), machine=CARD)

    before = lasting(asked).compiling
    (kernels / "ab").mkdir(parents=True)
    after = lasting(asked).compiling

    assert (before, after) == (COMPILING_SECONDS, COMPILED_SECONDS)


@pytest.mark.usefixtures("kernels")
def test_nothing_is_compiled_where_nothing_is_fused(tmp_path: Path, model_folder: Path) -> None:
    on_cpu = job(tmp_path, model_folder)
    switched_off = replace(job(tmp_path, model_folder, fused_kernels=False), machine=CARD)

    assert lasting(on_cpu).compiling == lasting(switched_off).compiling == 0


@pytest.mark.usefixtures("kernels")
def test_little_work_is_not_worth_a_kernel(tmp_path: Path, model_folder: Path) -> None:
    on_card = replace(job(tmp_path, model_folder), machine=CARD)

    assert lasting(on_card, work=replace(WORK, batch=1, length=1)).compiling == 0


@pytest.mark.parametrize(("rows", "usual"), [(1, 25), (2, 31), (1000, 40)])
def test_padded_examples_take_what_the_longest_of_them_does(rows: int, usual: int) -> None:
    lengths = Lengths.of(np.array([40, 10, 30, 20]))

    assert lengths.usual(rows, packed=False) == usual
    assert lengths.usual(rows, packed=True) == 25


def test_a_plan_says_what_its_time_is_made_of(tmp_path: Path, model_folder: Path) -> None:
    asked = job(tmp_path, model_folder, save_strategy="steps", save_steps=3)

    plan = plan_of(asked, 22, 6, np.full(22, 30))

    assert set(plan.beside_steps) == {"evaluations", "checkpoints"}
    assert plan.seconds is not None
    assert plan.step_seconds is not None
    assert 0 < plan.step_seconds < plan.seconds


def test_of_a_training_that_went_on_nobody_measured_the_whole() -> None:
    trainer: Any = SimpleNamespace(callback_handler=SimpleNamespace(callbacks=[]))
    meter = Meter(torch.device("cpu"))

    assert meter.took(trainer, is_whole=False).seconds is None
    assert meter.took(trainer, is_whole=True).seconds is not None


def test_a_dry_run_takes_the_lengths_that_the_examples_have(tmp_path: Path, model_folder: Path) -> None:
    short, long = (
        train(recipe(tmp_path, model_folder, max_source_length=source), dry_run=True) for source in (24, 2400)
    )

    assert isinstance(short, Plan)
    assert isinstance(long, Plan)
    assert short.memory_bytes == long.memory_bytes


def test_a_run_keeps_what_it_took_beside_what_was_estimated(tmp_path: Path, model_folder: Path) -> None:
    run = train(recipe(tmp_path, model_folder))

    assert isinstance(run, Run)
    took, guessed = run.facts["measured"], run.facts["estimated"]
    assert took.keys() == guessed.keys() == {"memory_bytes", "seconds", "step_seconds"}
    assert took["memory_bytes"] is None
    assert 0 < took["step_seconds"] < took["seconds"] <= run.facts["seconds"]
    assert min(guessed.values()) > 0


def test_rows_of_recorded_steps_are_rounded_up(tmp_path: Path, model_folder: Path) -> None:
    lengths = Lengths.of(np.array([150, 160, 170]))
    asked = replace(job(tmp_path, model_folder), machine=CARD)
    work = replace(WORK, batch=1, on_card=True, packed=True)

    plain, recorded = (
        lasting(each, work=work, lengths=lengths) for each in (asked, replace(asked, records_steps=True))
    )

    assert plain.step == pytest.approx(step_seconds(replace(work, length=160), 2, SPEED))
    assert recorded.step == pytest.approx(step_seconds(replace(work, length=256), 2, SPEED))
