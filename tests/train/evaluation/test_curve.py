"""Learning curves: nested parts, trained as the run was, none of them twice; undecided with less than is needed."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from schemas.dataset import PreparedDataset
from schemas.errors import OptionError
from schemas.run import RUN, Run
from tests.train.evaluation.datasets import dataset
from tests.train.runs import recipe, trained
from train.answer.load import tuned
from train.evaluation.curve import Curve, fitted, planned_curve, sizes_of
from train.evaluation.evaluate import evaluate, planned
from train.evaluation.models import Models
from train.evaluation.settings import Settings
from train.judging.learning_curve import Point
from train.models.tiny.folder import untrained

SIZE = 160
_BITS = ("tuned", "bits_per_character")
CURVED = Settings(resamples=200, curve=True, examples=0)


@pytest.fixture(scope="module")
def patent(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    return dataset(tmp_path_factory.mktemp("data") / "patent", "patent", train=SIZE)


@pytest.fixture(scope="module")
def run(patent: PreparedDataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("curve")
    files = dict.fromkeys(("train_file", "validation_file", "test_file"))
    training = {"max_steps": 2, "seed": 5}
    return trained(recipe(folder, untrained(folder / "model"), training=training, dataset=str(patent.path), **files))


def test_parts_are_nested_and_the_run_is_the_whole(run: Run, patent: PreparedDataset, tmp_path: Path) -> None:
    curve = planned_curve(run.path, patent, tmp_path)

    assert sorted({part.size for part in curve.parts}) == [10, 20, 40, 80, 160]
    assert {part.seed for part in curve.parts} == {5, 6}
    assert [part.folder for part in curve.parts if part.is_there] == [run.path]
    for seed in (5, 6):
        parts = [_lines(curve, size, seed) for size in (10, 20, 40, 80, 160)]
        assert all(set(small) < set(large) for small, large in pairwise(parts))
    assert _lines(curve, 10, 5) != _lines(curve, 10, 6)


def test_every_part_is_trained_as_the_run_was_and_only_once(run: Run, patent: PreparedDataset, tmp_path: Path) -> None:
    found = tuned(run.path)
    models = Models(found.without_adapter(), found)
    before = planned(models, patent, [], CURVED, out=tmp_path)

    [domain] = evaluate(models, patent, [], CURVED, out=tmp_path).domains

    assert len(before.trainings) == 10
    runs = [Run.open(path.parent) for path in (tmp_path / "curves").glob(f"*/*/{RUN}")]
    assert len(runs) == 9
    assert {(each.method, each.facts["steps"], each.facts["learning_rate"]) for each in runs} == {
        (run.method, run.facts["steps"], run.facts["learning_rate"])
    }
    assert {each.facts["examples"] for each in runs} == {10, 20, 40, 80, 160}
    assert [*domain.curve.sizes] == [10, 20, 40, 80, 160]
    assert {len(bits) for bits in domain.curve.bits} == {2}
    assert len(domain.curve.fitted) == 5
    assert domain.curve.gain_of_twice is not None
    [own] = [score.estimate.value for score in domain.scores if (score.system, score.metric) == _BITS]
    assert own == pytest.approx(domain.curve.bits[-1][0])
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "curves").rglob("*") if path.is_file()}

    [again] = evaluate(models, patent, [], CURVED, out=tmp_path).domains

    assert again.curve == domain.curve
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "curves").rglob("*") if path.is_file()} == times


def test_with_fewer_points_it_is_undecided() -> None:
    points = [Point(size, seed, 1.0) for size in (10, 20, 40, 80) for seed in (1, 2)]

    found = fitted(points, seed=0)

    assert found.gain_of_twice is None
    assert found.reason == "4 sizes; expected 5 with 2 seeds each"


def test_sizes_stand_closer_together_where_data_is_little_and_are_fewer_where_it_is_none() -> None:
    assert sizes_of(128) == [(8, False), (16, False), (32, False), (64, False), (128, True)]
    assert sizes_of(40) == [(8, False), (12, False), (18, False), (27, False), (40, True)]
    assert sizes_of(9) == [(8, False), (9, True)]
    assert sizes_of(7) == []


def test_another_dataset_than_the_run_s_is_refused(run: Run, tmp_path: Path) -> None:
    other = dataset(tmp_path / "patent", "patent", train=20)

    with pytest.raises(OptionError, match=r"not trained on all of .*; --curve needs the dataset that it learnt from"):
        planned_curve(run.path, other, tmp_path)


def test_an_adapter_alone_is_refused(run: Run, patent: PreparedDataset, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="an adapter alone does not say how it was trained"):
        planned_curve(run.adapter, patent, tmp_path)


def test_a_base_alone_is_refused(run: Run, patent: PreparedDataset, tmp_path: Path) -> None:
    models = Models(tuned(run.path).without_adapter())

    with pytest.raises(OptionError, match="--curve trains as a run was trained; name one with --run"):
        evaluate(models, patent, [], CURVED, out=tmp_path)


def test_another_recipe_makes_another_curve(run: Run, patent: PreparedDataset, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    copied.mkdir()
    facts = json.loads((run.path / RUN).read_text(encoding="utf-8"))
    facts["recipe"]["training"]["learning_rate"] = 1e-9
    (copied / RUN).write_text(json.dumps(facts), encoding="utf-8")

    folders = {planned_curve(path, patent, tmp_path).folder for path in (run.path, copied)}

    assert len(folders) == 2


def _lines(curve: Curve, size: int, seed: int) -> list[str]:
    [part] = [part for part in curve.parts if (part.size, part.seed) == (size, seed)]
    return curve.written(part).read_text(encoding="utf-8").splitlines()
