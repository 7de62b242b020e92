"""What a score table shows and what it leaves in doubt, claim by claim."""

from collections.abc import Iterator

from train.judging.evidence import Evidence
from train.judging.intervals import UNKNOWN, Interval
from train.judging.thresholds import (
    CUT,
    ENOUGH_EXAMPLES,
    EQUAL,
    FORGETTING,
    PRIMARY,
    QUARTER,
    RUIN,
    SIGNIFICANT,
    TENTH,
    WORTHWHILE,
)


def doubts(evidence: Evidence) -> Iterator[str]:
    """What ``suitable`` claims and the intervals do not show."""
    saved, content = evidence.saved, evidence.content
    if saved is None or not saved.above(WORTHWHILE) or (evidence.p is not None and not evidence.p <= SIGNIFICANT):
        yield "saved"
    if content is None or not content.above(content_bar(saved or UNKNOWN)):
        yield "content"
    if evidence.against_base is None or not evidence.against_base.above(-EQUAL):
        yield "answers"
    if evidence.against_copy is None or not evidence.against_copy.above(0):
        yield "copy"
    if not evidence.against_retrieval.get(PRIMARY, UNKNOWN).above(0):
        yield "retrieval"
    if not all(forgotten.below(bearable(evidence)) for forgotten in evidence.forgetting.values()):
        yield "forgetting"
    if evidence.cut > CUT and not (evidence.whole and evidence.whole.above(WORTHWHILE)):
        yield "cut"
    if evidence.preferred is not None and evidence.preferred.below(0.5):
        yield "people"


def saved_by_tuning(evidence: Evidence) -> Interval:
    return evidence.saved or evidence.total


def steep(evidence: Evidence) -> float:
    return max(WORTHWHILE, QUARTER * saved_by_tuning(evidence).high)


def had_enough(evidence: Evidence) -> bool:
    """Whether what was not learned may be said not to be learnable."""
    return evidence.examples >= ENOUGH_EXAMPLES or (
        evidence.doubling is not None and evidence.doubling.below(steep(evidence))
    )


def content_bar(saved: Interval) -> float:
    return max(WORTHWHILE, TENTH * saved.value)


def bearable(evidence: Evidence) -> float:
    return min(max(FORGETTING, evidence.total.low), RUIN)


def answers_are_better(evidence: Evidence) -> bool:
    """Where bits see no gain and texts do, the two disagree and nothing is shown."""
    return evidence.against_base is not None and evidence.against_base.above(EQUAL)
