"""Several datasets beside each other: the matrix, p over all of them, and what is never measured twice."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from schemas.dataset import PreparedDataset
from schemas.errors import OptionError
from schemas.report import Matrix, SuitabilityReport
from tests.train.answer.speaking import run_on
from tests.train.suitability.studying import QUICK, Watched, by_name, given, studied
from train.answer.load import tuned
from train.evaluation.evaluate import evaluate
from train.evaluation.models import Models
from train.evaluation.settings import Settings
from train.judging.comparison import holm
from train.report.plain import plain
from train.report.save import load_report, save_report
from train.suitability.setup import setup_of
from train.suitability.suitability import report_name

NAMES = ("legal", "paper", "patent")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluations")


@pytest.fixture(scope="module")
def report(data: Path, runs: Mapping[str, Path], out: Path) -> SuitabilityReport:
    return studied(given(data, runs, out, NAMES))


@pytest.fixture
def matrix(report: SuitabilityReport) -> Matrix:
    assert report.matrix is not None
    return report.matrix


def evaluated(run: Path, dataset: PreparedDataset, others: list[PreparedDataset], out: Path) -> SuitabilityReport:
    found = tuned(run)
    return evaluate(Models(found.without_adapter(), found), dataset, others, QUICK, out=out)


def test_every_model_is_tested_on_every_dataset(matrix: Matrix) -> None:
    assert list(matrix.rows) == ["untuned", *NAMES]
    assert list(matrix.columns) == [*NAMES]
    assert all(cell is not None and cell.low is not None for row in matrix.bits for cell in row)
    assert matrix.change[0] == [None] * 3


def test_a_change_is_against_the_untuned_model_on_the_same_items(matrix: Matrix) -> None:
    for row in (1, 2, 3):
        for column in range(3):
            bits, first, change = (each for each in (matrix.bits[row], matrix.bits[0], matrix.change[row]))
            assert change[column].value == pytest.approx(bits[column].value - first[column].value)  # type: ignore[union-attr]


def test_one_dataset_is_found_as_prep_evaluate_finds_it(
    report: SuitabilityReport, data: Path, runs: Mapping[str, Path], out: Path
) -> None:
    others = [PreparedDataset.open(data / name) for name in ("legal", "paper")]
    [alone] = evaluated(runs["patent"], PreparedDataset.open(data / "patent"), others, out).domains

    together = by_name(report)["patent"]

    assert together.scores == alone.scores
    assert together.forgotten == alone.forgotten
    assert (together.gain, together.content, together.run) == (alone.gain, alone.content, str(runs["patent"]))


def test_the_matrix_holds_what_the_datasets_say_is_forgotten(report: SuitabilityReport, matrix: Matrix) -> None:
    for row, name in enumerate(NAMES, start=1):
        for column, other in enumerate(NAMES):
            if name != other:
                assert by_name(report)[name].forgotten[other] == matrix.change[row][column]


def test_cells_are_shared_with_prep_evaluate(data: Path, runs: Mapping[str, Path], tmp_path: Path) -> None:
    others = [PreparedDataset.open(data / name) for name in ("legal", "paper")]
    evaluated(runs["patent"], PreparedDataset.open(data / "patent"), others, tmp_path)
    watched = Watched()

    studied(given(data, runs, tmp_path, NAMES), watcher=watched)

    assert watched.new
    assert not [cell for cell in watched.new if "patent test" in cell and cell.startswith("base: bare, patent test:")]
    own = [cell for cell in watched.new if cell.startswith("tuned, patent test")]
    assert sorted(own) == ["tuned, patent test: bits"] * 2  # of the two other models


def test_the_second_time_nothing_is_measured(
    report: SuitabilityReport, data: Path, runs: Mapping[str, Path], out: Path
) -> None:
    watched = Watched()

    again = studied(given(data, runs, out, NAMES), watcher=watched)

    assert watched.new == []
    assert watched.steps[:3] == ["1/12 legal: training", "2/12 legal, tested on its own", "3/12 paper: training"]
    assert watched.steps[6:8] == ["7/12 legal, tested on paper", "8/12 legal, tested on patent"]
    assert plain(again.matrix) == plain(report.matrix)
    assert plain(again.domains) == plain(report.domains)


def test_p_is_corrected_over_the_datasets(report: SuitabilityReport) -> None:
    for metric in ("bits_per_character", "ROUGE-L"):
        for role in ("base", "copy", "retrieval"):
            found = {
                name: each
                for name, domain in by_name(report).items()
                for each in domain.differences
                if each.metric == metric and each.against == (domain.best_base if role == "base" else role)
            }
            expected = holm({name: each.p for name, each in found.items()})
            assert {name: each.p_holm for name, each in found.items()} == (expected if found else {})
    assert report.settings["holm_over"] == 3


def test_another_column_is_a_sample_of_the_own_items(data: Path, runs: Mapping[str, Path], out: Path) -> None:
    report = studied(given(data, runs, out, NAMES, settings=Settings(resamples=200, other_items=3)))

    assert report.matrix is not None
    assert [domain.items for domain in report.domains] == [5, 6, 7]
    for row in (1, 2, 3):
        for column in range(3):
            bits, first, change = report.matrix.bits[row], report.matrix.bits[0], report.matrix.change[row]
            assert change[column].value == pytest.approx(bits[column].value - first[column].value)  # type: ignore[union-attr]


def test_with_a_sample_the_items_are_the_same_in_every_cell(
    data: Path, runs: Mapping[str, Path], tmp_path: Path
) -> None:
    setup = given(data, runs, tmp_path, NAMES, settings=Settings(items=4))

    assert setup.settings.other_items == 4


def test_a_report_says_beside_everything_that_it_is_not_about_the_6b(report: SuitabilityReport, tmp_path: Path) -> None:
    folder = save_report(report, tmp_path / "report")

    assert plain(load_report(folder).matrix) == plain(report.matrix)
    assert "no verdict here is about the 6B" in report.stands_for_itself
    assert all("this is not about the 6B" in domain.reasons["en"] for domain in report.domains)
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert text.count("**Not about the 6B.**") >= 1 + 2 * len(NAMES) + 1
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count("Not about the 6B.") >= 2 * len(NAMES) + 2


def test_runs_of_two_bases_are_refused(
    data: Path, runs: Mapping[str, Path], model_folder: Path, tmp_path: Path
) -> None:
    other = run_on(model_folder, tmp_path / "run").path

    with pytest.raises(OptionError, match="one report is about one base"):
        studied(given(data, {**runs, "paper": other}, tmp_path, NAMES))


def test_runs_with_different_limits_are_refused_unless_they_are_given(
    data: Path, runs: Mapping[str, Path], model: Path, tmp_path: Path
) -> None:
    mixed = {**runs, "paper": run_on(model, tmp_path / "run", max_source_length=64).path}

    with pytest.raises(OptionError, match=r"64\|12 tokens .* 128\|12; give all the same with --max-source-length"):
        studied(given(data, mixed, tmp_path, NAMES))
    limited = given(data, mixed, tmp_path, NAMES, max_source_length=64, max_target_length=8)
    assert studied(limited).settings["limits"] == {"source": 64, "target": 8}


def test_a_run_for_no_dataset_is_refused(data: Path, runs: Mapping[str, Path]) -> None:
    message = "--run patent=…: no such dataset among those that are looked at: legal, paper"

    with pytest.raises(OptionError, match=message):
        setup_of(["legal", "paper"], {"patent": runs["patent"]}, [], QUICK, data=data, note=print)


def test_a_report_is_named_by_model_and_method_and_a_selection_by_its_datasets(
    data: Path, runs: Mapping[str, Path], tmp_path: Path
) -> None:
    setup = given(data, runs, tmp_path, ("legal", "paper"))

    assert report_name([setup], is_selection=False) == "speaking-runs"
    assert report_name([setup], is_selection=True) == "legal-paper-speaking-runs"


def test_one_dataset_alone_has_nothing_to_forget(data: Path, runs: Mapping[str, Path], tmp_path: Path) -> None:
    report = studied(given(data, runs, tmp_path, ("legal",)))

    assert report.matrix is not None
    assert np.shape(report.matrix.bits) == (2, 1)
    assert "What was forgotten on other domains was not measured." in report.domains[0].reasons["en"]


def test_processes_of_which_none_leads_are_told_how_to_begin(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")

    with pytest.raises(OptionError, match=r"^several processes are here and none leads; expected torchrun"):
        setup_of([data / "legal"], {}, [], Settings(), data=data, note=lambda _: None)
