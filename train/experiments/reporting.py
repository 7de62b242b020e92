"""From trained cells and answered rows to the report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.experiment import CellReport, ClaimReport, Confound, ExperimentReport, RowReport
from schemas.report import Ratings
from schemas.run import LOG, Run
from train.base import Base
from train.callbacks.log import read_log
from train.evaluation.scores import Draws, Scored, compared, differences, scored, system_scores
from train.evaluation.stand_in import stands_for_itself
from train.experiments.cells import Cell, recipes_of
from train.experiments.experiment import Experiment
from train.experiments.judge import concluded, judged
from train.experiments.measure import Measured
from train.judging.bootstrap import CONFIDENCE
from train.metrics.bits import BITS_PER_CHARACTER
from train.metrics.registry import METRICS
from train.precision import this_machine

Key = tuple[str, str]
"""Row and dataset."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """All that a report is made of."""

    experiment: Experiment
    cells: Sequence[Cell]
    runs: Mapping[str, Run]
    confounded: Sequence[Confound]
    measured: Sequence[Measured]
    base: Base
    draws: Draws
    ratings: Ratings
    seconds: float
    versions: Mapping[str, str]
    made: str
    is_cpu: bool


def report_of(parts: Parts) -> ExperimentReport:
    """Everything that was measured, judged by what was stated before."""
    experiment = parts.experiment
    found = {(each.row, each.items.dataset): _scored(each) for each in parts.measured}
    claims = [*_claims(parts, found)]
    outcome, conclusion = concluded(claims, is_confounded=bool(parts.confounded))
    return ExperimentReport(
        name=experiment.name,
        question=experiment.question,
        changed=experiment.changed,
        held_fixed=experiment.held_fixed,
        model=parts.base.name,
        stands_for_itself=stands_for_itself(parts.base),
        data=_data(parts),
        settings=_settings(parts),
        cells=[_cell(cell, parts) for cell in parts.cells],
        confounded=parts.confounded,
        rows=[*_rows(parts, found)],
        baseline=experiment.baseline,
        ratings=parts.ratings,
        rated=(experiment.success[0].row, experiment.success[0].baseline),
        claims=claims,
        outcome=outcome,
        conclusion=conclusion,
        cost=_cost(parts),
        versions=parts.versions,
        made=parts.made,
        device=this_machine(use_cpu=parts.is_cpu).name,
    )


def _claims(parts: Parts, found: Mapping[Key, Scored]) -> Iterator[ClaimReport]:
    """A dataset may be stated by its folder and be called otherwise."""
    data = parts.experiment.data
    measured = dict.fromkeys(each.items.dataset for each in parts.measured)
    named = dict(zip([data.dataset, *data.also], measured, strict=True))
    for claim in parts.experiment.success:
        on = named[claim.on or data.dataset]
        yield judged(claim, on, found[claim.row, on], found[claim.baseline, on], parts.draws)


def _settings(parts: Parts) -> dict[str, object]:
    return {
        "stated": parts.experiment.stated,
        "seed": parts.draws.seed,
        "resamples": parts.draws.resamples,
        "confidence": CONFIDENCE,
    }


def _cost(parts: Parts) -> dict[str, float]:
    return {
        "training_seconds": sum(float(run.facts.get("seconds", 0)) for run in parts.runs.values()),
        "seconds": parts.seconds,
        "answered": float(sum(len(each.items) for each in parts.measured if each.is_own)),
    }


def _scored(measured: Measured) -> Scored:
    """Where nothing was answered there are bits alone."""
    return scored(measured.answers, [*METRICS.values()] if measured.is_own else [BITS_PER_CHARACTER])


def _data(parts: Parts) -> dict[str, object]:
    choice = parts.experiment.data
    asked = {each.items.dataset: each.items for each in parts.measured}
    return {
        "dataset": choice.dataset,
        "train records": choice.train or "all",
        "held-out items": {name: len(items) for name, items in asked.items()},
        "items are": "dialogues" if choice.dialogues else "records",
        "seed": choice.seed,
        "sha256 of test": {name: items.sha256 for name, items in asked.items()},
        "sha256 of train": {name: run.facts.get("data", {}).get("sha256", {}) for name, run in parts.runs.items()},
        "mixtures": {name: list(amounts) for name, amounts in parts.experiment.mixes.items()},
    }


def _cell(cell: Cell, parts: Parts) -> CellReport:
    run, recipe = parts.runs[cell.name], recipes_of([cell])[cell.name]
    of_run = {name: run.facts.get(name) for name in ("loss", "seconds", "parameters_trained")}
    return CellReport(
        name=cell.name,
        run=str(run.path),
        method=run.method,
        dataset=cell.dataset,
        changed={name: recipe[name] for name in parts.experiment.changed if name in recipe},
        facts={**cell.derived, **of_run},
        loss=read_log(run.path / LOG),
    )


def _rows(parts: Parts, found: Mapping[Key, Scored]) -> Iterator[RowReport]:
    shown = [METRICS[name] for name in parts.experiment.metrics]
    baseline = parts.experiment.baseline
    for each in parts.measured:
        dataset = each.items.dataset
        mine, other = found[each.row, dataset], found[baseline, dataset]
        against = {} if each.row == baseline else compared(mine, other, shown, parts.draws)
        yield RowReport(
            name=each.row,
            cell=each.choice.cell,
            dataset=dataset,
            items=len(each.items),
            max_source_length=each.limits.source,
            max_target_length=each.limits.target,
            history=each.choice.history,
            cut=each.cut,
            scores=system_scores(each.row, mine, shown, parts.draws),
            differences=differences(baseline, against, shown),
        )
