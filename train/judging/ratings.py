"""What people said of two systems' answers: how often one wins, how far raters agree, how many more would decide it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist
from typing import Literal

from train.judging.intervals import Interval, anything

Choice = Literal["tuned", "base", "tie"]
_NORMAL = NormalDist()
_Z = _NORMAL.inv_cdf(0.975)
_POWER = 0.8
_MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Items by what most of their raters chose."""

    wins: int
    losses: int
    ties: int
    rate: Interval
    """Of wins among items that are no ties."""
    agreement: float | None
    """Cohen's kappa of two raters, Fleiss' of more; None where nobody rated the same items."""
    more: int | None
    """Further items that would decide it four times in five if the rate stays; 0 if decided, None if even."""


def preference(ratings: Sequence[Sequence[Choice | None]]) -> Preference:
    """Of items, each with one choice per rater in the raters' order; None where a rater left it out."""
    majority = [_majority(choices) for choices in ratings if any(choices)]
    counts = Counter(majority)
    wins, losses = counts["tuned"], counts["base"]
    rate = wilson(wins, wins + losses)
    return Preference(
        wins=wins,
        losses=losses,
        ties=counts["tie"],
        rate=rate,
        agreement=_agreement(ratings),
        more=_more(rate, wins + losses, len(majority)),
    )


def wilson(wins: int, decided: int) -> Interval:
    """Of a share (Wilson: Probable inference, the law of succession, and statistical inference, 1927)."""
    if not decided:
        return anything(0.5)
    share, z = wins / decided, _Z
    centre = (share + z * z / (2 * decided)) / (1 + z * z / decided)
    half = z / (1 + z * z / decided) * sqrt(share * (1 - share) / decided + z * z / (4 * decided**2))
    return Interval(share, max(centre - half, 0.0), min(centre + half, 1.0))


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float:
    """Of two raters; 1 where both always chose one and the same."""
    total = len(pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    observed = sum(a == b for a, b in pairs) / total
    expected = sum(first[name] * second[name] for name in first) / total**2
    return _beyond_chance(observed, expected)


def fleiss_kappa(items: Sequence[Sequence[str]]) -> float:
    """Of raters who are not told apart; items may have different numbers of ratings, two at least."""
    tallies = [Counter(choices) for choices in items]
    agreeing = [sum(n * (n - 1) for n in tally.values()) / (tally.total() * (tally.total() - 1)) for tally in tallies]
    everything = sum(tallies, Counter())
    expected = sum((n / everything.total()) ** 2 for n in everything.values())
    return _beyond_chance(sum(agreeing) / len(items), expected)


def _beyond_chance(observed: float, expected: float) -> float:
    return (observed - expected) / (1 - expected) if expected < 1 else 1.0


def _majority(choices: Sequence[Choice | None]) -> Choice:
    """A tie unless more raters chose one side than the other."""
    lead = choices.count("tuned") - choices.count("base")
    if lead == 0:
        return "tie"
    return "tuned" if lead > 0 else "base"


def _agreement(ratings: Sequence[Sequence[Choice | None]]) -> float | None:
    given = [[choice for choice in choices if choice] for choices in ratings]
    shared = [choices for choices in given if len(choices) > 1]
    if not shared:
        return None
    if max(map(len, ratings)) == 2:
        return cohen_kappa([(first, second) for first, second in shared])
    return fleiss_kappa(shared)


def _more(rate: Interval, decided: int, rated: int) -> int | None:
    if rate.above(0.5) or rate.below(0.5):
        return 0
    distance = abs(rate.value - 0.5)
    if not decided or distance == 0:
        return None
    spread = sqrt(rate.value * (1 - rate.value))
    needed = ((_Z * 0.5 + _NORMAL.inv_cdf(_POWER) * spread) / distance) ** 2 * rated / decided
    return max(1, ceil(needed) - rated) if needed < _MOST else None
