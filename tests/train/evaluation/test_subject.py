"""What is evaluated follows from a run: its dataset, the others beside it, and the name of the report."""

import shutil
from pathlib import Path

import pytest

from schemas.errors import OptionError
from tests.train.answer.speaking import run_on
from tests.train.evaluation.datasets import dataset
from train.evaluation.subject import Subject, models_of, subject_of, with_limits


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("patent", "legal"):
        dataset(tmp_path / "data" / name, name)
    dataset(tmp_path / "data" / "paper", "paper", test=0)
    (tmp_path / "data" / "unfinished").mkdir()
    return tmp_path / "data"


def subject(
    run: Path, *given: str, data: Path, notes: list[str] | None = None, others: list[str] | None = None
) -> Subject:
    told: list[str] = [] if notes is None else notes
    models = models_of(run, None, note=told.append)
    return subject_of(models, given[0] if given else None, others, data=data, note=told.append)


def test_a_run_is_asked_about_what_it_learnt_and_about_all_others(model: Path, data: Path, tmp_path: Path) -> None:
    run, notes = run_on(model, tmp_path / "patent-run", dataset=str(data / "patent")), list[str]()

    found = subject(run.path, data=data, notes=notes)

    assert found.dataset.name == "patent"
    assert [other.name for other in found.others] == ["legal"]
    assert f"{data / 'paper'}: no records in test; whether it is forgotten is not measured" in notes


def test_others_may_be_named_or_none(model: Path, data: Path, tmp_path: Path) -> None:
    run = run_on(model, tmp_path / "run", dataset=str(data / "patent")).path

    assert subject(run, data=data, others=["none"]).others == []
    assert [each.name for each in subject(run, data=data, others=["legal", "patent"]).others] == ["legal"]


def test_a_run_that_learnt_from_something_else_is_told(model: Path, data: Path, tmp_path: Path) -> None:
    notes: list[str] = []

    subject(run_on(model, tmp_path / "run").path, "legal", data=data, notes=notes)

    assert notes[-1] == f"{tmp_path / 'run'}: trained on x, asked about legal"


def test_the_report_s_folder_names_dataset_and_run(model: Path, data: Path, tmp_path: Path) -> None:
    plain = run_on(model, tmp_path / "run").path
    named = run_on(model, tmp_path / "patent-small").path
    shutil.copytree(plain / "adapter", tmp_path / "elsewhere" / "checkpoint-30")

    assert subject(plain, "patent", data=data).name == "patent-run"
    assert subject(named, "patent", data=data).name == "patent-small"
    assert subject(named / "adapter", "patent", data=data).name == "patent-small"
    moved = models_of(tmp_path / "elsewhere" / "checkpoint-30", str(model), note=print)
    assert subject_of(moved, "patent", data=data, note=print).name == "patent-elsewhere-checkpoint-30"
    base = models_of(None, str(model), note=print)
    assert subject_of(base, "patent", data=data, note=print).name == "patent-speaking-base"


def test_limits_are_those_of_both(model: Path, tmp_path: Path) -> None:
    models = with_limits(models_of(run_on(model, tmp_path / "run").path, None, note=print), source=9, target=None)

    assert models.tuned is not None
    assert models.tuned.asking.limits == models.base.asking.limits
    assert (models.base.asking.limits.source, models.base.asking.limits.target) == (9, 12)


def test_a_run_on_files_needs_a_dataset_named(model: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="not trained on a dataset of prep convert; name the one to ask about"):
        subject(run_on(model, tmp_path / "run", train_file="x.json").path, data=data)
