"""What people say is evidence: a domain whose tuned answers they like less is not called suitable."""

from dataclasses import replace
from pathlib import Path

import pytest

from schemas.dataset import PreparedDataset
from schemas.report import Estimate, LearningCurve, Ratings
from tests.train.evaluation.test_evaluate import QUICK, measurement
from tests.train.judging.tables import SUITABLE
from train.evaluation.domain_report import domain_report
from train.evaluation.findings import Findings, find
from train.evaluation.models import Models
from train.evaluation.people import pairs_of, preferred


@pytest.fixture
def findings(models: Models, patent: PreparedDataset, tmp_path: Path) -> Findings:
    return replace(find(measurement(models, patent, tmp_path), QUICK, LearningCurve()), evidence=SUITABLE)


@pytest.mark.parametrize(
    ("wins", "verdict"),
    [
        (None, "suitable"),
        (Estimate(value=0.6, low=0.4, high=0.8), "suitable"),
        (Estimate(value=0.2, low=0.1, high=0.3), "undecided"),
    ],
)
def test_a_verdict_hears_what_people_prefer(findings: Findings, wins: Estimate | None, verdict: str) -> None:
    ratings = Ratings(judgements=100, raters=2, wins=wins)

    found = domain_report(findings, run="", method="lora", ratings=ratings)

    assert (found.verdict, found.ratings) == (verdict, ratings)


def test_without_people_the_row_is_empty(findings: Findings) -> None:
    found = domain_report(findings, run="", method="lora")

    assert (found.verdict, found.ratings) == ("suitable", Ratings())
    assert preferred(Ratings()) is None


def test_pairs_are_the_answers_of_the_best_base_and_of_the_tuned_model(
    models: Models, patent: PreparedDataset, tmp_path: Path
) -> None:
    found = measurement(models, patent, tmp_path)

    pairs = pairs_of(found)

    assert [pair.record for pair in pairs] == [f"test:{number}" for number in range(1, 8)]
    assert [pair.tuned for pair in pairs] == [*found.answers["tuned"].predictions]
    assert [pair.base for pair in pairs] == [*found.answers[found.best_base].predictions]
    assert pairs_of(measurement(Models(models.base), patent, tmp_path)) == []
