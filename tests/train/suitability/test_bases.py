"""Several bases in one report: rows of base and dataset, each against its own base, p over all of them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from schemas.errors import OptionError
from schemas.report import SuitabilityReport
from tests.train.suitability.studying import QUICK, TRAINED_QUICKLY, Watched, by_name
from train.judging.comparison import holm
from train.models.tiny.folder import untrained
from train.models.tiny.registry import SMALL
from train.models.tiny.small import write_small
from train.recipe.gather import Layer
from train.report.markdown import markdown
from train.report.page import page
from train.report.terminal import summary
from train.suitability.bases import setups_of
from train.suitability.setup import Setup
from train.suitability.suitability import report_name, suitability

NAMES = ["legal", "paper"]
BASES = ("tiny", "tiny-llama")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("bases")
    return [str(untrained(folder / "tiny")), str(write_small(SMALL["tiny-llama"], folder / "tiny-llama"))]


def setups(models: list[str], data: Path, out: Path, runs: Mapping[str, Path] | None = None) -> list[Setup]:
    layer: Layer = ("test", {**TRAINED_QUICKLY, "max_source_length": 96, "out": str(out / "runs")})
    return setups_of(models, NAMES, runs or {}, [layer], QUICK, data=data, note=print, evaluations=out)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def report(models: list[str], data: Path, place: Path) -> SuitabilityReport:
    return suitability(setups(models, data, place))


def test_every_base_has_its_rows_and_its_own_untuned_one(report: SuitabilityReport) -> None:
    assert report.matrix is not None
    matrix = report.matrix

    assert list(matrix.rows) == [f"{base}: {row}" for base in BASES for row in ("untuned", *NAMES)]
    assert list(matrix.columns) == NAMES
    untuned = [row.endswith("untuned") for row in matrix.rows]
    assert [not any(changes) for changes in matrix.change] == untuned
    assert len({bits[0].value for bits, is_base in zip(matrix.bits, untuned, strict=True) if is_base and bits[0]}) == 2


def test_a_change_is_against_the_base_that_was_tuned(report: SuitabilityReport) -> None:
    assert report.matrix is not None
    bits = dict(zip(report.matrix.rows, report.matrix.bits, strict=True))
    changes = dict(zip(report.matrix.rows, report.matrix.change, strict=True))

    for base in BASES:
        for column in range(2):
            before, after = bits[f"{base}: untuned"][column], bits[f"{base}: paper"][column]
            change = changes[f"{base}: paper"][column]
            assert before
            assert after
            assert change
            assert change.value == pytest.approx(after.value - before.value)


def test_each_row_is_judged_and_p_is_corrected_over_all(report: SuitabilityReport) -> None:
    domains = by_name(report)

    assert [*domains] == [f"{base}: {name}" for base in BASES for name in NAMES]
    assert report.settings["holm_over"] == 4
    asked = {
        name: next(each for each in domain.differences if each.metric == "ROUGE-L" and each.against == "copy")
        for name, domain in domains.items()
    }
    assert {name: each.p_holm for name, each in asked.items()} == holm({name: each.p for name, each in asked.items()})


def test_pages_and_terminal_show_all_of_them(report: SuitabilityReport) -> None:
    for text in (summary(report, 160), markdown(report), page(report)):
        for row in ("tiny: legal", "tiny-llama: paper", "tiny-llama: untuned"):
            assert row in text


def test_the_report_names_its_models(report: SuitabilityReport, models: list[str], data: Path, tmp_path: Path) -> None:
    made = setups(models, data, tmp_path)

    assert report.model == ", ".join(models)
    assert report_name(made, is_selection=True) == "legal-paper-tiny-tiny-llama-lora"
    assert report_name(made, is_selection=False) == "tiny-tiny-llama-lora"


@pytest.mark.usefixtures("report")
def test_asked_again_in_another_order_nothing_is_trained_or_measured_anew(
    models: list[str], data: Path, place: Path
) -> None:
    again = Watched()

    suitability(setups(models[::-1], data, place), watcher=again)

    assert again.new == []
    assert again.steps[0] == "1/6 tiny-llama: legal: training"


def test_what_cannot_be_is_refused(models: list[str], data: Path, runs: Mapping[str, Path], tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="one of them twice"):
        setups([models[0], models[0]], data, tmp_path)
    with pytest.raises(OptionError, match="a run is of one base"):
        setups(models, data, tmp_path, {"legal": runs["legal"]})
