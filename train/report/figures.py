"""Which plots a report has, drawn; a dataset without the numbers for one has none in its place."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from schemas.report import DomainReport, Estimate, Lang, SuitabilityReport
from train.report.directions import has_direction, is_turned, tone_of
from train.report.numbers import tone
from train.report.plots import Row, forest, has_losses, histogram, learning_curve, loss_curve
from train.report.words import said

if TYPE_CHECKING:
    from markupsafe import Markup


def figures_of(report: SuitabilityReport, lang: Lang) -> Mapping[tuple[int, str], "Markup"]:
    """By the number of the dataset in the report (−1: of all) and the plot's name."""
    from markupsafe import Markup

    drawn = {(-1, "overview"): _overview(report, lang)} if report.domains else {}
    for place, domain in enumerate(report.domains):
        drawn |= {(place, name): svg for name, svg in _of_domain(domain, lang).items()}
    return {key: Markup(svg) for key, svg in drawn.items()}  # noqa: S704 (texts were escaped when they were drawn)


def _overview(report: SuitabilityReport, lang: Lang) -> str:
    rows = [Row(name=each.dataset, estimate=each.gain, tone=tone(each.gain, better=1)) for each in report.domains]
    return forest(rows, said("saved", lang))


def _of_domain(domain: DomainReport, lang: Lang) -> dict[str, str]:
    def label(key: str) -> str:
        return f"{domain.dataset}: {said(key, lang)}"

    drawn: dict[str, str] = {}
    if rows := _against_best(domain):
        drawn["differences"] = forest(rows, label("differences"), own_scales=True)
    drawn["content_style"] = forest(_parts(domain, lang), label("content_style"))
    if domain.forgotten:
        lost = [Row(name=name, estimate=each, tone=tone(each, better=-1)) for name, each in domain.forgotten.items()]
        drawn["forgotten"] = forest(lost, label("forgotten"))
    if has_losses(domain.loss):
        names = {"loss": said("trained", lang), "eval_loss": said("evaluated", lang)}
        drawn["loss"] = loss_curve(domain.loss, names, label("loss"))
    if len(domain.curve.sizes):
        drawn["curve"] = learning_curve(domain.curve, label("curve"))
    for side, lengths in domain.lengths.items():
        if sum(lengths.values()):
            drawn[f"lengths {side}"] = histogram(lengths, f"{label('lengths')}, {side}")
    return drawn


def _against_best(domain: DomainReport) -> list[Row]:
    """Turned so that right of the line is better, whichever way a metric counts; of what is neither there is no row."""
    rows: list[Row] = []
    for each in domain.differences:
        if each.against == domain.best_base and has_direction(each.metric) and math.isfinite(each.estimate.value):
            estimate = _turned(each.estimate) if is_turned(each) else each.estimate
            rows.append(Row(name=each.metric, estimate=estimate, tone=tone_of(each)))
    return rows


def _turned(estimate: Estimate) -> Estimate:
    low, high = estimate.low, estimate.high
    return Estimate(value=-estimate.value, low=None if high is None else -high, high=None if low is None else -low)


def _parts(domain: DomainReport, lang: Lang) -> list[Row]:
    parts = {"gain": domain.gain, "content": domain.content, "style": domain.style}
    return [Row(name=said(key, lang), estimate=each, tone=tone(each, better=1)) for key, each in parts.items()]
