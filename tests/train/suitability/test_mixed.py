"""What was mixed is a row of its own, beside what it was mixed of."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from schemas.report import SuitabilityReport
from tests.train.suitability.studying import QUICK, by_name, given, studied
from train.evaluation.elsewhere import items_of
from train.suitability.setup import setup_of


@pytest.fixture(scope="module")
def report(data: Path, runs: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> SuitabilityReport:
    return studied(given(data, runs, tmp_path_factory.mktemp("evaluations"), ("legal-mixed", "legal", "paper")))


def test_a_mixture_is_a_row_and_no_column(report: SuitabilityReport) -> None:
    assert report.matrix is not None
    assert list(report.matrix.rows) == ["untuned", "legal", "paper", "legal-mixed"]
    assert list(report.matrix.columns) == ["legal", "paper"]
    assert None not in report.matrix.change[3]
    assert report.settings["mixed"] == {"legal-mixed": ["legal", "paper"]}


def test_a_mixture_is_judged_on_its_own_test_records(report: SuitabilityReport) -> None:
    mixed = by_name(report)["legal-mixed"]

    assert mixed.items == 7
    assert [*mixed.forgotten] == ["legal", "paper"]


def test_a_mixture_is_compared_with_each_part_on_the_same_items(report: SuitabilityReport) -> None:
    reasons = by_name(report)["legal-mixed"].reasons["en"]
    matrix = report.matrix

    assert matrix is not None
    difference = matrix.bits[3][0].value - matrix.bits[1][0].value  # type: ignore[union-attr]
    shown = f"{difference:+.3f}".replace("-", "−") if abs(difference) < 10 else f"{difference:+.2f}".replace("-", "−")
    assert (
        f"Beside tuning on legal alone, in bits per character (below 0 the mixture is better): legal {shown} ["
        in reasons
    )
    assert "Beside tuning on paper alone" in reasons
    assert "与只用 legal 微调相比" in by_name(report)["legal-mixed"].reasons["zh"]
    assert "Beside" not in by_name(report)["legal"].reasons["en"]


def test_a_mixture_is_asked_as_trained_where_its_parts_are(data: Path, runs: Mapping[str, Path]) -> None:
    setup = setup_of(None, runs, [], QUICK, data=data, note=print)
    [mixture] = [tuning for tuning in setup.tunings if tuning.name == "legal-mixed"]
    at_home = {column.name: setup.is_at_home(mixture, column) for column in setup.tested}

    assert at_home == {"legal": True, "paper": True, "patent": False}
    assert len(items_of(setup.tested[0], QUICK)) == 5
