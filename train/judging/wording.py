"""A verdict in words that a person can act on."""

from dataclasses import dataclass
from typing import Literal

from train.judging.caveats import Facts
from train.judging.chinese import CHINESE
from train.judging.english import ENGLISH
from train.judging.intervals import Interval
from train.judging.verdict import Verdict

Language = Literal["zh", "en"]
TEXTS = {"zh": CHINESE, "en": ENGLISH}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a report prints."""

    title: str
    reason: str
    advice: str
    doubts: tuple[str, ...]
    caveats: tuple[str, ...]


def words(verdict: Verdict, language: Language) -> Words:
    texts = TEXTS[language]
    return Words(
        title=texts.titles[verdict.name],
        reason=_filled(texts.reasons[verdict.reason], verdict.facts, language),
        advice=texts.advice[verdict.reason],
        doubts=tuple(texts.not_shown.format(texts.doubts[doubt]) for doubt in verdict.doubts),
        caveats=tuple(_filled(texts.caveats[key], facts, language) for key, facts in verdict.caveats),
    )


def _filled(sentence: str, facts: Facts, language: Language) -> str:
    return sentence.format(**{name: _shown(fact, language) for name, fact in facts.items()})


def _shown(fact: Interval | float | str, language: Language) -> str:
    """Shares as per cent, counts as they are."""
    texts = TEXTS[language]
    if isinstance(fact, Interval):
        bounds = {name: texts.percent.format(100 * getattr(fact, name)) for name in ("value", "low", "high")}
        return texts.interval.format(**bounds)
    if isinstance(fact, float):
        return texts.percent.format(100 * fact)
    return f"{fact:,}" if isinstance(fact, int) else fact
