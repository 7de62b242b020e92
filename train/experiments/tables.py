"""The tables of a report as texts, the same for every form of it."""

from collections.abc import Iterator, Mapping, Sequence

from schemas.experiment import CellReport, ExperimentReport, RowReport
from schemas.report import Lang, SystemScore
from train.experiments.names import DERIVED
from train.experiments.words import known, said
from train.report.numbers import NONE, duration, number, share

Table = tuple[list[str], list[list[str]]]
"""Head and rows."""


def cells_table(report: ExperimentReport, lang: Lang) -> Table:
    """What was changed, and what each training amounts to."""
    changed = [name for name in report.changed if any(name in cell.changed for cell in report.cells)]
    head = [said("cell", lang), *changed, *(known(name, lang) for name in DERIVED if name not in changed)]
    return head, [[cell.name, *_cell(cell, changed)] for cell in report.cells]


def _cell(cell: CellReport, changed: Sequence[str]) -> Iterator[str]:
    for name in changed:
        yield _value(cell.changed.get(name))
    for name in DERIVED:
        if name not in changed:
            yield amount(cell.facts.get(name))


def rows_table(report: ExperimentReport, lang: Lang) -> Table:
    """What each row is asked."""
    keys = ("row", "cell", "dataset", "items", "limits", "history", "cut")
    rows = [
        [
            marked(row.name, report),
            row.cell,
            row.dataset,
            f"{row.items:,}",
            f"{row.max_source_length:,} | {row.max_target_length:,}",
            said(row.history, lang),
            ", ".join(share(row.cut.get(part, 0.0)) for part in ("prompt", "history", "answer")),
        ]
        for row in report.rows
    ]
    return [said(key, lang) for key in keys], rows


def cost_table(report: ExperimentReport, lang: Lang) -> Table:
    keys = ("cell", "time", "parameters_trained", "steps", "tokens_seen", "run")
    rows = [
        [
            cell.name,
            duration(cell.facts.get("seconds") or 0.0),
            *(amount(cell.facts.get(name)) for name in ("parameters_trained", "steps", "tokens_seen")),
            cell.run,
        ]
        for cell in report.cells
    ]
    return [said(key, lang) for key in keys], rows


def by_dataset(report: ExperimentReport) -> Mapping[str, Sequence[RowReport]]:
    """Rows of each dataset, the experiment's own first."""
    return {name: [row for row in report.rows if row.dataset == name] for name in dict.fromkeys(_datasets(report))}


def scores(rows: Sequence[RowReport]) -> Mapping[str, Sequence[SystemScore | None]]:
    """Metric -> of each row its score."""
    metrics = dict.fromkeys(score.metric for row in rows for score in row.scores)
    return {
        metric: [next((score for score in row.scores if score.metric == metric), None) for row in rows]
        for metric in metrics
    }


def marked(name: str, report: ExperimentReport) -> str:
    return f"{name} ★" if name == report.baseline else name


def amount(value: float | None) -> str:
    if value is None:
        return NONE
    return f"{value:,.0f}" if value == int(value) else number(value)


def _value(value: object) -> str:
    return NONE if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _datasets(report: ExperimentReport) -> Iterator[str]:
    yield from (row.dataset for row in report.rows)
