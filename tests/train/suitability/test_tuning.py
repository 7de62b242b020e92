"""Trainings: found again by what they are made of, never in another run's way, and gone on with."""

import shutil
from pathlib import Path

import pytest

from schemas.errors import OptionError
from schemas.run import RUN
from tests.train.suitability.studying import TRAINED_QUICKLY, by_name, studied, to_train
from train.observer import Silent
from train.recipe.build import build_recipe
from train.run import train
from train.suitability.plan import planned
from train.suitability.tuning import Tuning
from train.suitability.watcher import Unstudied


def tuning(data: Path, model: Path, out: Path, **keys: object) -> Tuning:
    [found] = to_train(data, model, out, ["legal"], **keys).tunings
    return found


@pytest.fixture(scope="module")
def out(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``runs/legal-speaking-lora`` is trained."""
    folder = tmp_path_factory.mktemp("trained")
    tuning(data, model, folder).train(Silent())
    return folder


def test_a_training_is_called_as_prep_train_calls_it(data: Path, model: Path, out: Path) -> None:
    found = tuning(data, model, out)

    assert found.folder == out / "runs" / "legal-speaking-lora"
    assert found.is_there


def test_a_training_of_prep_train_is_found_whatever_it_is_called(data: Path, model: Path, tmp_path: Path) -> None:
    keys = {**TRAINED_QUICKLY, "dataset": str(data / "legal"), "model": str(model), "out": str(tmp_path / "runs")}
    recipe, _ = build_recipe([("test", {**keys, "name": "mine"})])
    train(recipe)

    found = tuning(data, model, tmp_path)

    assert (found.folder, found.is_there) == (tmp_path / "runs" / "mine", True)


def test_another_run_in_the_usual_folder_is_left_alone(data: Path, model: Path, out: Path, tmp_path: Path) -> None:
    shutil.copytree(out / "runs", tmp_path / "runs")
    before = (tmp_path / "runs" / "legal-speaking-lora" / RUN).read_bytes()

    other = tuning(data, model, tmp_path, max_steps=3)
    other.train(Silent())
    again = tuning(data, model, tmp_path, max_steps=3)

    assert other.folder.name.startswith("legal-speaking-lora-")
    assert (again.folder, again.is_there) == (other.folder, True)
    assert (tmp_path / "runs" / "legal-speaking-lora" / RUN).read_bytes() == before


def test_a_report_trains_what_is_not_trained(data: Path, model: Path, out: Path) -> None:
    setup = to_train(data, model, out, ["legal", "paper"])
    before = planned(setup, Unstudied())

    report = studied(setup)
    after = planned(to_train(data, model, out, ["legal", "paper"]), Unstudied())

    assert [(each.is_there, each.steps) for each in before.trainings] == [(True, 0), (False, 4)]
    assert by_name(report)["paper"].run == str(out / "runs" / "paper-speaking-lora")
    assert [row["step"] for row in by_name(report)["paper"].loss]
    assert [each.is_there for each in after.trainings] == [True, True]
    assert {cell.lists for cell in after.cells} == {0}
    assert (after.seconds, after.bytes) == (0, 0)


def test_a_plan_counts_what_a_report_measures(data: Path, model: Path, tmp_path: Path) -> None:
    setup = to_train(data, model, tmp_path, ["legal", "paper"])

    plan = planned(setup, Unstudied())
    assert [*tmp_path.iterdir()] == []
    studied(setup)

    more = len([*(tmp_path / "cells").glob("*.json")]) - sum(cell.lists for cell in plan.cells)
    assert more in (0, 2, 4)  # where the base's best way of asking turns out to be another than bare
    assert [(cell.row, cell.column) for cell in plan.cells] == [
        ("legal", "legal"),
        ("paper", "paper"),
        ("legal", "paper"),
        ("paper", "legal"),
    ]
    assert plan.seconds > 0
    adapter = tmp_path / "runs" / "legal-speaking-lora" / "adapter"
    written = sum(path.stat().st_size for path in adapter.rglob("*.safetensors"))
    assert 0.5 < plan.trainings[0].bytes / (4 * written) < 1.5  # one checkpoint, with the optimiser's states


@pytest.mark.parametrize("key", ["name", "output_dir"])
def test_one_folder_for_all_is_refused(data: Path, model: Path, tmp_path: Path, key: str) -> None:
    with pytest.raises(OptionError, match=f"{key} x: every dataset has a run of its own; leave {key} out"):
        to_train(data, model, tmp_path, ["legal", "paper"], **{key: "x"})
