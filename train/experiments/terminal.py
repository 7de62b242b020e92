"""An experiment on a terminal: the answer, what it rests on, and what it will cost before it runs."""

from collections.abc import Iterator

from schemas.experiment import ExperimentReport
from schemas.report import Lang
from train.experiments.cells import Cell
from train.experiments.run import ExperimentPlan
from train.experiments.tables import amount, by_dataset, cells_table, scores
from train.experiments.words import known, said
from train.report.columns import table, wrapped
from train.report.numbers import NONE, duration, with_interval
from train.report.words import in_lang

_INDENT = "  "


def summary(report: ExperimentReport, width: int, *, lang: Lang) -> Iterator[str]:
    """What a person at a terminal wants to know; the rest stands in the files."""
    yield from wrapped(f"{report.name}{said('colon', lang)}{in_lang(report.question, lang)}", width)
    if report.stands_for_itself:
        yield from wrapped(f"{said('caution', lang)} {report.stands_for_itself}", width, _INDENT, "! ")
    for confound in report.confounded:
        values = ", ".join(f"{cell} {amount(value)}" for cell, value in confound.values.items())
        yield from wrapped(f"{said('confounded', lang)}: {known(confound.name, lang)} ({values})", width, _INDENT, "! ")
    head, rows = cells_table(report, lang)
    yield from ("", *table(head, rows, names=1))
    for dataset, each in by_dataset(report).items():
        found = [[name, *(with_interval(s.estimate) if s else NONE for s in of)] for name, of in scores(each).items()]
        lines = table([dataset, *(row.name for row in each)], found, names=1)
        if max(map(len, lines)) > width:
            short = [[cell.partition(" [")[0] for cell in row] for row in found]
            lines = table([dataset, *(row.name for row in each)], short, names=1)
        yield from ("", *lines)
    yield ""
    yield from wrapped(in_lang(report.conclusion, lang), width)


def plan_lines(plan: ExperimentPlan) -> Iterator[str]:
    """Cells with their steps, rows with their items, and what is left to do."""
    head = ["cell", "method", "examples", "steps", "batch", "tokens seen", "about", "memory", ""]
    yield from table(head, [_planned_cell(cell) for cell in plan.cells], names=2)
    rows = [
        [row.name, row.cell, row.dataset, f"{row.items:,}", amount(row.tokens), _new(row.most_new_tokens)]
        for row in plan.rows
    ]
    yield from ("", *table(["row", "cell", "dataset", "items", "tokens", "new tokens"], rows, names=3))
    for confound in plan.confounded:
        values = ", ".join(f"{cell} {amount(value)}" for cell, value in confound.values.items())
        yield f"confounded: {confound.name} differs between the cells ({values})"
    waiting = [cell for cell in plan.cells if not cell.is_there]
    seconds = [cell.plan.seconds for cell in waiting if cell.plan.seconds is not None]
    yield (
        f"{len(waiting)} of {len(plan.cells)} cells to train, about {duration(sum(seconds))}; "
        f"{_read(plan)} tokens to read, "
        f"{sum(row.most_new_tokens for row in plan.rows):,} to write at most"
    )


def _planned_cell(cell: Cell) -> list[str]:
    plan = cell.plan
    return [
        cell.name,
        plan.method,
        f"{plan.examples:,}",
        f"{plan.max_steps:,}",
        f"{plan.total_train_batch_size:,}",
        amount(cell.tokens_seen),
        NONE if plan.seconds is None else duration(plan.seconds),
        NONE if plan.memory_bytes is None else f"{plan.memory_bytes / 2**30:.1f} GiB",
        "there already" if cell.is_there else str(cell.folder),
    ]


def _read(plan: ExperimentPlan) -> str:
    known = [row.tokens for row in plan.rows if row.tokens is not None]
    return f"{sum(known):,}" if len(known) == len(plan.rows) else "an unknown number of"


def _new(tokens: int) -> str:
    return f"<= {tokens:,}" if tokens else NONE
