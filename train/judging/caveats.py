"""What a reader should know beside a verdict, whichever it is."""

from collections.abc import Iterator, Mapping

from train.judging.evidence import Evidence
from train.judging.intervals import Interval
from train.judging.thresholds import CUT, FORGETTING, WORTHWHILE

Facts = Mapping[str, Interval | float | str]
Caveat = tuple[str, Facts]


def caveats(evidence: Evidence) -> Iterator[Caveat]:
    """Keys of sentences, with the numbers in them."""
    if evidence.base != "trained":
        yield evidence.base, {}
    if not evidence.forgetting:
        yield "forgetting not measured", {}
    for domain, forgotten in evidence.forgetting.items():
        if forgotten.above(FORGETTING):
            yield "forgets", {"domain": domain, "forgotten": forgotten}
    if evidence.doubling is not None and evidence.doubling.above(WORTHWHILE):
        yield "more data helps", {"doubling": evidence.doubling}
    if evidence.cut > CUT:
        yield "cut", {"cut": evidence.cut}
    if evidence.retrieved is not None and not evidence.retrieved.above(0):
        yield "nothing retrieved", {}
