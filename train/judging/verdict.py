"""Is this domain worth fine-tuning? One word for a score table, never stronger than its intervals.

The rules stand in order; the first that the intervals *show* to hold decides, and if none is shown the answer is
``undecided`` with what is in doubt. ``docs/design.md`` says why the order is what it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from train.judging.caveats import Caveat, Facts, caveats
from train.judging.claims import answers_are_better, content_bar, doubts, had_enough, saved_by_tuning, steep
from train.judging.evidence import Evidence
from train.judging.intervals import UNKNOWN, Interval
from train.judging.thresholds import EQUAL, FEWEST_ITEMS, FORGETTING, PRIMARY, RETRIEVED, RUIN, TENTH, WORTHWHILE

Name = Literal[
    "suitable",
    "style only",
    "prompting is enough",
    "retrieval is better",
    "needs more data",
    "not suitable",
    "harmful",
    "undecided",
]
NAMES: tuple[Name, ...] = Name.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``train.judging.wording.words`` says it in Chinese or English."""

    name: Name
    reason: str
    """Key of the sentence that says why."""
    facts: Facts = field(default_factory=dict)
    """The numbers in it."""
    doubts: tuple[str, ...] = ()
    """What keeps an undecided domain from being suitable."""
    caveats: tuple[Caveat, ...] = ()
    """What the reader should know beside the verdict, whichever it is."""


def verdict(evidence: Evidence) -> Verdict:
    ruling = next((found for rule in _RULES if (found := rule(evidence))), None) or _undecided(evidence)
    return Verdict(
        name=ruling.name,
        reason=ruling.reason,
        facts=ruling.facts,
        doubts=ruling.doubts,
        caveats=tuple(caveats(evidence)),
    )


def _too_few(evidence: Evidence) -> Verdict | None:
    if evidence.items >= FEWEST_ITEMS:
        return None
    return Verdict(name="undecided", reason="few items", facts={"items": evidence.items, "fewest": FEWEST_ITEMS})


def _forgets(evidence: Evidence) -> Verdict | None:
    """It loses more elsewhere than it gains at home, or so much that no gain makes up for it."""
    bound = min(max(FORGETTING, evidence.total.high), RUIN)
    worst = _worst(evidence.forgetting)
    if worst is None or not worst[1].above(bound):
        return None
    facts: Facts = {"domain": worst[0], "forgotten": worst[1], "total": evidence.total}
    return Verdict(name="harmful", reason="forgets", facts=facts)


def _retrieval_is_better(evidence: Evidence) -> Verdict | None:
    """It finds answers, not only their form, and the tuned model's are worse, or no better by any measure."""
    primary = evidence.against_retrieval.get(PRIMARY)
    if primary is None or not (evidence.retrieved and evidence.retrieved.above(RETRIEVED)):
        return None
    facts: Facts = {"difference": -primary, "retrieved": evidence.retrieved}
    if primary.below(0):
        return Verdict(name="retrieval is better", reason="retrieval beats", facts=facts)
    if all(difference.within(EQUAL) for difference in evidence.against_retrieval.values()):
        return Verdict(name="retrieval is better", reason="retrieval equals", facts=facts)
    return None


def _needs_more_data(evidence: Evidence) -> Verdict | None:
    if evidence.doubling is None or not evidence.doubling.above(steep(evidence)):
        return None
    facts: Facts = {"doubling": evidence.doubling, "saved": saved_by_tuning(evidence), "examples": evidence.examples}
    return Verdict(name="needs more data", reason="steep", facts=facts)


def _harms_itself(evidence: Evidence) -> Verdict | None:
    if not evidence.total.below(-WORTHWHILE):
        return None
    return Verdict(name="harmful", reason="worse at home", facts={"total": evidence.total})


def _copy_is_better(evidence: Evidence) -> Verdict | None:
    if evidence.against_copy is None or not evidence.against_copy.below(0):
        return None
    return Verdict(name="not suitable", reason="copy beats", facts={"difference": -evidence.against_copy})


def _prompting_is_enough(evidence: Evidence) -> Verdict | None:
    """Asking well helps, and tuning adds nothing that matters beside it."""
    if evidence.prompting is None or evidence.saved is None or answers_are_better(evidence):
        return None
    small = max(WORTHWHILE, TENTH * evidence.prompting.low)
    if not (evidence.prompting.above(WORTHWHILE) and evidence.saved.below(small)):
        return None
    facts: Facts = {"prompting": evidence.prompting, "saved": evidence.saved}
    return Verdict(name="prompting is enough", reason="prompting", facts=facts)


def _adds_nothing(evidence: Evidence) -> Verdict | None:
    nothing = evidence.saved is not None and evidence.saved.below(WORTHWHILE)
    if not nothing or answers_are_better(evidence) or not had_enough(evidence):
        return None
    return Verdict(name="not suitable", reason="adds nothing", facts={"saved": saved_by_tuning(evidence)})


def _style_only(evidence: Evidence) -> Verdict | None:
    saved, content = evidence.saved, evidence.content
    if saved is None or content is None or not saved.above(WORTHWHILE) or not had_enough(evidence):
        return None
    if not content.below(content_bar(saved)):
        return None
    return Verdict(name="style only", reason="style", facts={"saved": saved, "content": content})


def _suitable(evidence: Evidence) -> Verdict | None:
    if any(doubts(evidence)):
        return None
    facts: Facts = {"saved": saved_by_tuning(evidence), "content": evidence.content or UNKNOWN}
    return Verdict(name="suitable", reason="content", facts=facts)


_RULES: tuple[Callable[[Evidence], Verdict | None], ...] = (
    _too_few,
    _forgets,
    _retrieval_is_better,
    _needs_more_data,
    _harms_itself,
    _copy_is_better,
    _prompting_is_enough,
    _adds_nothing,
    _style_only,
    _suitable,
)


def _undecided(evidence: Evidence) -> Verdict:
    facts: Facts = {"saved": saved_by_tuning(evidence), "items": evidence.items}
    return Verdict(name="undecided", reason="in doubt", facts=facts, doubts=tuple(doubts(evidence)) or ("data",))


def _worst(forgetting: Mapping[str, Interval]) -> tuple[str, Interval] | None:
    return max(forgetting.items(), key=lambda item: item[1].low, default=None)
