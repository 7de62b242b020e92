"""The report of an experiment as one HTML page that opens offline, with the style and plots of ``train.report``."""

from collections.abc import Sequence
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING

from schemas.experiment import ExperimentReport, RowReport
from schemas.report import Difference, Lang
from train.experiments import tables, words
from train.experiments.markdown import rating_line, stated
from train.report import numbers
from train.report.plots import Row, forest, has_losses, loss_curve
from train.report.templates import environment
from train.report.words import MARKS, in_lang

if TYPE_CHECKING:
    from markupsafe import Markup


def page(report: ExperimentReport, lang: Lang) -> str:
    """The whole page."""
    from markupsafe import Markup

    style = files("train.report").joinpath("page.css.html").read_text(encoding="utf-8")
    shown = environment(
        "train.experiments",
        t=partial(words.said, lang=lang),
        known=partial(words.known, lang=lang),
        in_lang=partial(in_lang, lang=lang),
        number=numbers.number,
        interval=numbers.interval,
        chance=numbers.chance,
        duration=numbers.duration,
        moment=numbers.moment,
        amount=tables.amount,
        signatures=dict.fromkeys(score.signature for row in report.rows for score in row.scores),
        flat=numbers.flat,
        tone_of=_tone,
        marked=partial(tables.marked, report=report),
        scores=tables.scores,
        datasets=tables.by_dataset(report),
        cells=tables.cells_table(report, lang),
        rows=tables.rows_table(report, lang),
        cost=tables.cost_table(report, lang),
        stated=[stated(report, place) for place in range(len(report.claims))],
        rating=rating_line(report, lang),
        outcome=words.outcome_name(report.outcome, lang),
        outcome_name=partial(words.outcome_name, lang=lang),
        tones=words.TONES,
        marks=MARKS,
        style=Markup(style),  # noqa: S704 (our own file)
        claims=_drawn_claims(report),
        losses=_losses(report, lang),
        forests={name: _forest(rows, name) for name, rows in tables.by_dataset(report).items()},
    )
    return shown.get_template("experiment.html").render(report=report, lang=lang)


def _tone(difference: Difference) -> str:
    return numbers.tone(difference.estimate, better=difference.effect * difference.estimate.value)


def _drawn_claims(report: ExperimentReport) -> "Markup":
    from markupsafe import Markup

    rows = [
        Row(
            name=f"{claim.metric} ({claim.dataset})",
            estimate=claim.difference,
            tone={"shown": "better", "refuted": "worse", "undecided": "unclear"}[claim.outcome],
        )
        for claim in report.claims
    ]
    return Markup(forest(rows, report.name, own_scales=len(rows) > 1))  # noqa: S704 (escaped when it was drawn)


def _forest(rows: Sequence[RowReport], name: str) -> "Markup | None":
    """Of the primary metric of each row, less the baseline."""
    from markupsafe import Markup

    drawn = [
        Row(name=row.name, estimate=row.differences[0].estimate, tone=_tone(row.differences[0]))
        for row in rows
        if row.differences
    ]
    return Markup(forest(drawn, name)) if drawn else None  # noqa: S704 (escaped when it was drawn)


def _losses(report: ExperimentReport, lang: Lang) -> "dict[str, Markup]":
    from markupsafe import Markup

    names = {"loss": words.said("trained", lang), "eval_loss": words.said("evaluated", lang)}
    return {
        cell.name: Markup(loss_curve(cell.loss, names, f"{cell.name}: {words.said('loss', lang)}"))  # noqa: S704
        for cell in report.cells
        if has_losses(cell.loss)
    }
