"""What is known of each scenario before it is run: claims that its report bears out, or not."""

from collections.abc import Callable, Mapping

from schemas.report import DomainReport, Estimate, Verdict
from train.judging.thresholds import RUIN

Claim = Callable[[DomainReport], bool]


def _is(verdict: Verdict) -> Mapping[str, Claim]:
    return {verdict: lambda found: found.verdict == verdict}


def _at_least(estimate: Estimate, bound: float) -> bool:
    return estimate.low is not None and estimate.low > bound


def _holds_nothing(estimate: Estimate) -> bool:
    """Within twice its interval of 0: honest intervals themselves miss it once in twenty."""
    low, high = estimate.low, estimate.high
    return low is not None and high is not None and abs(estimate.value) <= high - low


def _ruins_what_it_was_not_asked_about(found: DomainReport) -> bool:
    worst = found.forgotten["elsewhere"]
    return _at_least(worst, RUIN) and "On elsewhere" in found.reasons["en"]


KNOWN: Mapping[str, Mapping[str, Claim]] = {
    "rewriting": {**_is("suitable"), "content > 1 bit": lambda found: _at_least(found.content, 1.0)},
    "dealt_out": {
        "not suitable": lambda found: found.verdict != "suitable",
        "content within noise of 0": lambda found: _holds_nothing(found.content),
    },
    "looked_up": _is("retrieval is better"),
    "translation": _is("suitable"),
    "little_translation": _is("needs more data"),
    "told": _is("prompting is enough"),
    "destroyed": {**_is("harmful"), "forgotten elsewhere": _ruins_what_it_was_not_asked_about},
}
"""By scenario: what is claimed, and whether a report bears it out."""
