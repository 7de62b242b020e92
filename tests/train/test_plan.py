"""The plan of a training, against numbers that are known."""

from pathlib import Path

import pytest

from tests.train.runs import Notes, recipe, write_rows
from train.plan import Batches, Plan, schedule
from train.recipe.recipe import Recipe
from train.run import train

SETTINGS = {"max_steps": 3000, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 16, "report_to": "none"}


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))


@pytest.mark.parametrize(("devices", "total", "epochs", "before"), [(1, 64, 57, 58), (2, 128, 112, 116)])
def test_a_dry_run_of_the_6b_model_needs_nothing_of_it(
    tmp_path: Path, devices: int, total: int, epochs: int, before: int
) -> None:
    records = write_rows(tmp_path / "train.json", [{"content": "问", "summary": "答"}] * 3384)
    notes = Notes()

    plan = train(Recipe(train_file=str(records), training=SETTINGS), notes, dry_run=True, devices=devices)

    assert isinstance(plan, Plan)
    assert (plan.examples, plan.per_device_train_batch_size, plan.gradient_accumulation_steps) == (3384, 4, 16)
    assert (plan.total_train_batch_size, plan.max_steps, plan.devices) == (total, 3000, devices)
    assert plan.parameters_trained == 29_360_128
    assert plan.parameters == 6_173_286_400 + 29_360_128  # spec: tied
    assert plan.num_train_epochs == epochs
    assert f"says {before} epochs and 3,000 steps" in plan.epochs_explained
    assert plan.memory_bytes is not None
    assert notes.plans == [plan]
    assert "not on this machine; its numbers are those of the released configuration" in notes.lines[0]


def test_a_dry_run_with_the_model_at_hand_says_what_is_cut(tmp_path: Path, model_folder: Path) -> None:
    notes = Notes()

    plan = train(recipe(tmp_path, model_folder, max_target_length=3), notes, dry_run=True)

    assert isinstance(plan, Plan)
    assert notes.examples[0][1] == {"lose text of their answer": "22 of 22 (100.0 %)"}
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("examples", "batches", "max_steps", "epochs", "expected"),
    [
        (3384, Batches(per_device=4, accumulation=16, devices=1), -1, 3.0, (159, 3)),
        (64, Batches(per_device=4, accumulation=16, devices=1), 10, 3.0, (10, 10)),
        (5, Batches(per_device=4, accumulation=16, devices=1), -1, 0.5, (1, 1)),
        (10, Batches(per_device=4, accumulation=1, devices=1, drop_last=True), -1, 1.0, (2, 1)),
    ],
)
def test_steps_and_epochs_are_counted_as_transformers_does(
    examples: int, batches: Batches, max_steps: int, epochs: float, expected: tuple[int, int]
) -> None:
    counted = schedule(examples, batches, max_steps=max_steps, num_train_epochs=epochs)

    assert (counted.steps, counted.epochs) == expected


@pytest.mark.parametrize(
    ("batches", "max_steps", "expected"),
    [
        (Batches(per_device=4, accumulation=2, devices=1), 1, (2, 8)),
        (Batches(per_device=4, accumulation=2, devices=1), 3, (6, 22)),
        (Batches(per_device=4, accumulation=2, devices=1), 4, (8, 30)),
        (Batches(per_device=4, accumulation=2, devices=1, drop_last=True), 3, (5, 20)),
        (Batches(per_device=4, accumulation=1, devices=2), 3, (3, 11)),
        (Batches(per_device=4, accumulation=16, devices=1), 2, (12, 44)),
    ],
)
def test_a_device_sees_no_more_than_there_is_in_an_epoch(
    batches: Batches, max_steps: int, expected: tuple[int, int]
) -> None:
    counted = schedule(22, batches, max_steps=max_steps, num_train_epochs=3)

    assert (counted.batches, counted.seen) == expected


def test_where_nothing_is_rounded_nothing_is_explained() -> None:
    batches = Batches(per_device=4, accumulation=16, devices=1)

    assert schedule(640, batches, max_steps=-1, num_train_epochs=3).explained == ""


@pytest.mark.parametrize("steps", [{"max_steps": 7}, {"max_steps": -1, "num_train_epochs": 1.3}])
def test_the_trainer_does_as_many_steps_as_planned(tmp_path: Path, model_folder: Path, steps: dict[str, float]) -> None:
    notes = Notes()

    run = train(recipe(tmp_path, model_folder, training=steps), notes)

    assert run.facts["steps"] == notes.plans[0].max_steps  # type: ignore[union-attr]
