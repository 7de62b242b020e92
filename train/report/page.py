"""The report as one HTML page that needs nothing else: opens offline, on a telephone and on paper."""

import math
from collections.abc import Mapping
from functools import partial

from schemas.report import Difference, DomainReport, Estimate, Lang, Matrix, SuitabilityReport
from train.report import numbers, words
from train.report.directions import arrow, tone_of
from train.report.figures import figures_of
from train.report.ratings import ratings_advice
from train.report.templates import environment

_STRONGEST = 0.6
"""Of the heat map's colours: dark ink must stay readable on them."""
_PALE = 0.12


def page(report: SuitabilityReport, lang: Lang = "en") -> str:
    """The whole page."""
    shown = environment(
        "train.report",
        t=partial(words.said, lang=lang),
        number=numbers.number,
        interval=numbers.interval,
        share=numbers.share,
        chance=numbers.chance,
        duration=numbers.duration,
        flat=numbers.flat,
        metrics=numbers.metrics,
        systems=numbers.systems,
        untried=numbers.untried,
        most_forgotten=numbers.most_forgotten,
        verdict_name=partial(words.verdict_name, lang=lang),
        in_lang=partial(words.in_lang, lang=lang),
        ratings_advice=partial(ratings_advice, lang=lang),
        tone_of=tone_of,
        arrow=arrow,
        shares=numbers.shares,
        moment=numbers.moment,
        cut_part=partial(_cut_part, lang=lang),
        heat=heat,
        figures=figures_of(report, lang),
        tones=words.TONES,
        marks=words.MARKS,
        differences=differences,
    )
    return shown.get_template("page.html").render(report=report, lang=lang)


def differences(domain: DomainReport) -> list[Difference]:
    """Against the best base first."""
    return sorted(domain.differences, key=lambda each: each.against != domain.best_base)


def _cut_part(name: str, lang: Lang) -> str:
    known = {"prompt": "cut_prompt", "history": "cut_history", "answer": "cut_answer"}
    return words.said(known[name], lang) if name in known else name


def heat(matrix: Matrix) -> list[list[Mapping[str, str] | None]]:
    """Of every change its colour's name and strength, as the page's style takes them; None where nothing stands."""
    largest = numbers.largest_change(matrix)
    return [[_warmth(each, largest) for each in row] for row in matrix.change]


def _warmth(change: Estimate | None, largest: float) -> Mapping[str, str] | None:
    if change is None or not math.isfinite(change.value):
        return None
    colour = "loss" if change.value > 0 else "gain"
    strength = _PALE + (_STRONGEST - _PALE) * min(abs(change.value) / largest, 1) if numbers.is_clear(change) else 0.05
    return {"colour": colour, "strength": f"{strength:.2f}"}
