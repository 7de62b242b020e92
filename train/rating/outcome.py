"""What ratings say together: the row of the report, and lines for a person."""

import math
from collections.abc import Iterator, Sequence

from schemas.report import Estimate, Lang, Ratings
from train.judging.ratings import Preference, preference
from train.rating.read import Read
from train.rating.words import reason_name, told


def ratings_of(read: Read) -> Ratings:
    """The row of the report; without a rating that counts it is empty."""
    judgements = sum(choice is not None for choices in read.choices for choice in choices)
    if not judgements:
        return Ratings()
    found = preference(read.choices)
    return Ratings(
        judgements=judgements,
        raters=_raters(read.choices),
        wins=_estimate(found),
        kappa=found.agreement,
        more_needed=found.more,
    )


def outcome_lines(read: Read, lang: Lang = "en") -> Iterator[str]:
    """Result, advice, what did not count, and what each rater did."""
    if any(map(any, read.choices)):
        found = preference(read.choices)
        yield told(
            "counts",
            lang,
            items=len(read.choices),
            raters=_raters(read.choices),
            wins=found.wins,
            losses=found.losses,
            ties=found.ties,
        )
        yield from _conclusion(found, lang)
    else:
        yield told("none", lang)
    if read.identical:
        yield told("identical", lang, count=read.identical)
    if read.not_counted:
        reasons = ", ".join(f"{reason_name(reason, lang)} {count:,}" for reason, count in read.not_counted.items())
        yield told("not_counted", lang, reasons=reasons)
    for name, rater in read.raters.items():
        checks = told("checks", lang, right=rater.right, asked=rater.checks) if rater.checks else ""
        yield told("rater", lang, name=name, rated=rater.rated, first=f"{rater.first:.0%}") + checks


def _conclusion(found: Preference, lang: Lang) -> Iterator[str]:
    wins = _estimate(found)
    if wins is not None and wins.low is not None and wins.high is not None:
        yield told("wins", lang, share=f"{wins.value:.1%}", interval=f"[{wins.low:.1%}, {wins.high:.1%}]")
    if found.agreement is not None:
        yield told("kappa", lang, kappa=f"{found.agreement:.2f}")
    if found.more is None:
        yield told("open", lang)
    else:
        yield told("more", lang, more=f"{found.more:,}") if found.more else told("decided", lang)


def _raters(choices: Sequence[Sequence[object]]) -> int:
    """Those who rated anything."""
    return sum(any(each) for each in zip(*choices, strict=True))


def _estimate(found: Preference) -> Estimate | None:
    """None where every item is a tie."""
    if not found.wins + found.losses or not math.isfinite(found.rate.low):
        return None
    return Estimate(value=found.rate.value, low=found.rate.low, high=found.rate.high)
