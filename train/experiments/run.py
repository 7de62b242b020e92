"""``prep experiment``: cells are trained, rows are asked, and what was claimed before is judged."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from schemas.errors import ModelError, OptionError
from schemas.experiment import Confound, ExperimentReport
from schemas.run import Run
from train.answer.load import base
from train.evaluation.cells import Cells
from train.evaluation.evaluate import CELLS
from train.evaluation.models import Models
from train.evaluation.scores import Draws
from train.evaluation.watcher import Unwatched, Watcher
from train.experiments.cells import Cell, planned_cells, trained
from train.experiments.confounds import confounds
from train.experiments.experiment import BASE, Experiment
from train.experiments.measure import Measured, Measuring, asked, asking_of, longest_answer, models_of_cell
from train.experiments.rating import ratings_in
from train.experiments.records import Datasets, Mixer, asked_items, without_history
from train.experiments.reporting import Parts, report_of
from train.experiments.watching import Training
from train.judging.bootstrap import RESAMPLES

_LIBRARIES = ("torch", "transformers", "peft")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """What a row is asked."""

    name: str
    cell: str
    dataset: str
    items: int
    tokens: int | None
    """Of the prompts; None where the tokenizer is not on this machine."""
    most_new_tokens: int
    """0 where nothing is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentPlan:
    """What an experiment takes."""

    cells: Sequence[Cell]
    confounded: Sequence[Confound]
    rows: Sequence[PlannedRow]


@dataclass(frozen=True, kw_only=True, eq=False)
class Finished:
    """The report, and the answers that it is about."""

    report: ExperimentReport
    measured: Sequence[Measured]


def run_experiment(
    experiment: Experiment,
    *,
    data: Path = Path("data"),
    out: Path = Path("experiments"),
    mixer: Mixer | None = None,
    watcher: Watcher | None = None,
    resamples: int = RESAMPLES,
    batch_size: int = 8,
) -> Finished:
    """Train and ask whatever was not trained or asked before. Raises a PrepError for what the user can mend."""
    began, told = perf_counter(), watcher or Unwatched()
    datasets = Datasets(experiment, data, mixer)
    items = [asked_items(datasets.named(name), experiment.data, own=not place) for place, name in _asked(experiment)]
    cells = planned_cells(experiment, datasets, out, told.note, dry_run=False)
    confounded = _said(confounds(experiment, cells), told)
    runs = {cell.name: trained(cell, Training(cell.name, told)) for cell in cells}
    measuring = Measuring(experiment, lambda models: Cells(out / CELLS, models, told, batch_size=batch_size), items)
    found, models = _measured(experiment, cells, runs, measuring, told)
    parts = Parts(
        experiment=experiment,
        cells=cells,
        runs=runs,
        confounded=confounded,
        measured=found,
        base=models.base.base,
        draws=Draws(seed=experiment.data.seed, resamples=resamples),
        ratings=ratings_in(out / experiment.name),
        seconds=perf_counter() - began,
        versions=_versions(),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        is_cpu=models.base.device.type == "cpu",
    )
    return Finished(report=report_of(parts), measured=found)


def plan_experiment(
    experiment: Experiment,
    *,
    data: Path = Path("data"),
    out: Path = Path("experiments"),
    scratch: Path,
    mixer: Mixer | None = None,
    watcher: Watcher | None = None,
) -> ExperimentPlan:
    """What ``run_experiment`` would do: loads no weights, and writes samples of records into ``scratch`` only."""
    told = watcher or Unwatched()
    datasets = Datasets(experiment, data, mixer)
    cells = planned_cells(experiment, datasets, out, told.note, dry_run=True, samples=scratch)
    return ExperimentPlan(
        cells=cells,
        confounded=confounds(experiment, cells),
        rows=[*_planned_rows(experiment, datasets, cells)],
    )


def _asked(experiment: Experiment) -> list[tuple[int, str]]:
    return [*enumerate([experiment.data.dataset, *experiment.data.also])]


def _versions() -> dict[str, str]:
    return {**{name: version(name) for name in _LIBRARIES}, "python": platform.python_version()}


def _said(found: list[Confound], told: Watcher) -> list[Confound]:
    for confound in found:
        told.note(f"confounded: {confound.name} differs between the cells: {_told(confound.values)}")
    return found


def _told(values: Mapping[str, float | None]) -> str:
    return ", ".join(f"{cell} {'?' if value is None else f'{value:,.6g}'}" for cell, value in values.items())


def _measured(
    experiment: Experiment, cells: Sequence[Cell], runs: Mapping[str, Run], measuring: Measuring, told: Watcher
) -> tuple[list[Measured], Models]:
    """One cell's model after the other."""
    target = longest_answer(experiment, _lengths(cells))
    bases = {BASE: cells[0].recipe.model, **{cell.name: cell.recipe.model for cell in cells}}
    found: list[Measured] = []
    models = None
    for name in dict.fromkeys(choice.cell for choice in experiment.rows.values()):
        if models is not None:
            models.release()
        models = models_of_cell(name, bases[name], runs, told.note)
        found += measuring.cell(name, models, target)
    if models is None:
        raise OptionError(f"{experiment.where}: no rows to ask")
    order = [*experiment.rows]
    return sorted(found, key=lambda each: order.index(each.row)), models


def _lengths(cells: Sequence[Cell]) -> dict[str, int]:
    """Tokens that each cell's answers may take."""
    trained_to = {cell.name: cell.recipe.max_target_length for cell in cells}
    return {BASE: max(trained_to.values()), **trained_to}


def _planned_rows(experiment: Experiment, datasets: Datasets, cells: Sequence[Cell]) -> list[PlannedRow]:
    try:
        models = Models(base(cells[0].recipe.model))
    except ModelError:
        models = None
    by_name = {cell.name: cell for cell in cells}
    rows = []
    for row, choice in experiment.rows.items():
        for place, name in _asked(experiment):
            items = asked_items(datasets.named(name), experiment.data, own=not place)
            put = without_history(items) if choice.history == "removed" else items
            tokens = None
            if models is not None:
                of_cell = models if choice.cell == BASE else by_name[choice.cell].asked_with(models)
                given = asked(row, of_cell, asking_of(choice, of_cell, own=not place), put)
                tokens = sum(map(len, given.prompts.values()))
            most = choice.max_target_length or _lengths(cells)[choice.cell]
            rows.append(
                PlannedRow(
                    name=row,
                    cell=choice.cell,
                    dataset=name,
                    items=len(items),
                    tokens=tokens,
                    most_new_tokens=0 if place else most * len(items),
                )
            )
    return rows
