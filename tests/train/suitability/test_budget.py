"""Where the time does not suffice: what was not reached is empty and named, and no verdict is built on it."""

from collections.abc import Mapping
from math import isnan, nan
from pathlib import Path

import pytest

from schemas.report import SuitabilityReport
from tests.train.judging.tables import SUITABLE, but
from tests.train.suitability.studying import OverAfter, Watched, by_name, given, studied
from train.judging.intervals import anything
from train.judging.verdict import verdict
from train.report.save import save_report

NAMES = ("legal", "paper", "patent")


def test_without_any_time_everything_is_undecided_and_named(
    data: Path, runs: Mapping[str, Path], tmp_path: Path
) -> None:
    watched = Watched()

    report = studied(given(data, runs, tmp_path, NAMES), OverAfter(0), watched)

    assert report.matrix is not None
    assert all(cell is None for row in (*report.matrix.bits, *report.matrix.change) for cell in row)
    for domain in report.domains:
        assert (domain.verdict, domain.items, domain.best_base) == ("undecided", 0, "")
        assert domain.reasons["en"] == "Not measured: the budget of time ended before its turn."
        assert "--budget" in domain.advice["en"]
        assert isnan(domain.gain.value)
    assert report.settings["not_measured"][:3] == ["legal on legal", "paper on paper", "patent on patent"]
    assert len(report.settings["not_measured"]) == 9
    assert watched.lines == ["the budget of time is over; what was measured before is still looked at"]
    folder = save_report(report, tmp_path / "report")
    assert "not measured" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def own_cells_only(data: Path, runs: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> SuitabilityReport:
    """Own cells were measured before; then there is no time for others."""
    out = tmp_path_factory.mktemp("evaluations")
    for name in NAMES:
        studied(given(data, runs, out, (name,)))
    return studied(given(data, runs, out, NAMES), OverAfter(0))


def test_what_is_measured_already_is_reported_without_any_time(own_cells_only: SuitabilityReport) -> None:
    matrix = own_cells_only.matrix

    assert matrix is not None
    for row in range(3):
        for column in range(3):
            assert (matrix.bits[row + 1][column] is None) == (row != column)
            assert (matrix.change[row + 1][column] is None) == (row != column)
    assert None not in matrix.bits[0]


def test_a_row_names_the_columns_that_were_not_reached(own_cells_only: SuitabilityReport) -> None:
    reasons = by_name(own_cells_only)["patent"].reasons

    assert reasons["en"].endswith(
        "Not measured, since the budget of time ended before: what was forgotten on legal, paper."
    )
    assert reasons["zh"].endswith("时间预算已用完，未测在 legal、paper 上遗忘了多少。")
    assert by_name(own_cells_only)["patent"].forgotten == {}


def test_a_budget_that_ends_midway_leaves_the_rest_and_the_next_goes_on(
    data: Path, runs: Mapping[str, Path], tmp_path: Path
) -> None:
    midway = studied(given(data, runs, tmp_path, NAMES), OverAfter(20))
    before, watched = measured(tmp_path), Watched()
    whole = studied(given(data, runs, tmp_path, NAMES), watcher=watched)

    assert midway.settings["not_measured"]
    assert before
    assert len(watched.new) == len(measured(tmp_path) - before)
    assert whole.settings["not_measured"] == []
    assert whole.matrix is not None
    assert not any(cell is None for row in whole.matrix.bits for cell in row)


def measured(out: Path) -> set[str]:
    return {path.name for path in (out / "cells").glob("*.json")}


def test_what_may_have_been_forgotten_keeps_a_dataset_from_being_suitable() -> None:
    unknown = but(forgetting={**SUITABLE.forgetting, "paper": anything(nan)})

    assert verdict(SUITABLE).name == "suitable"
    assert (verdict(unknown).name, verdict(unknown).doubts) == ("undecided", ("forgetting",))
