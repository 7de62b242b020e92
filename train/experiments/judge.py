"""What the intervals say of each statement of success, and of the question as a whole."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.experiment import ClaimReport, Outcome
from schemas.report import Lang
from train.evaluation.scores import Draws, Scored, compared, reported
from train.experiments.experiment import Claim
from train.experiments.words import claim_text, conclusion_text
from train.judging.intervals import Interval
from train.judging.thresholds import FEWEST_ITEMS
from train.metrics.registry import METRICS


def judged(claim: Claim, dataset: str, row: Scored, baseline: Scored, draws: Draws) -> ClaimReport:
    """By the paired bootstrap over the items that both rows were asked."""
    found = compared(row, baseline, [METRICS[claim.metric]], draws)[claim.metric].difference.interval
    items = len(row.answers)
    outcome = outcome_of(found, claim, items)
    told: Any = {"dataset": dataset, "items": items, "difference": reported(found), "outcome": outcome}
    return ClaimReport(
        metric=claim.metric,
        row=claim.row,
        baseline=claim.baseline,
        dataset=dataset,
        direction=claim.direction,
        margin=claim.margin,
        items=items,
        difference=reported(found),
        outcome=outcome,
        words={"en": claim_text(claim, lang="en", **told), "zh": claim_text(claim, lang="zh", **told)},
    )


def outcome_of(difference: Interval, claim: Claim, items: int) -> Outcome:
    """Never stronger than the interval; few items allow nothing, whatever their interval."""
    if items < FEWEST_ITEMS:
        return "undecided"
    wished = difference if claim.direction == "more" else -difference
    if wished.above(claim.margin):
        return "shown"
    return "refuted" if wished.below(claim.margin) else "undecided"


def together(claims: Sequence[ClaimReport]) -> Outcome:
    """All must be shown; one that is refuted refutes."""
    outcomes = {claim.outcome for claim in claims}
    if outcomes == {"shown"}:
        return "shown"
    return "refuted" if "refuted" in outcomes else "undecided"


def concluded(claims: Sequence[ClaimReport], *, is_confounded: bool) -> tuple[Outcome, Mapping[Lang, str]]:
    """The answer to the question in both languages."""
    outcome = together(claims)
    texts: dict[Lang, str] = {
        "en": conclusion_text(claims, outcome, is_confounded=is_confounded, lang="en"),
        "zh": conclusion_text(claims, outcome, is_confounded=is_confounded, lang="zh"),
    }
    return outcome, texts
