"""``prep evaluate``: one dataset, a base, perhaps what was tuned on it; cells, findings, and the report of them."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

from schemas.dataset import PreparedDataset
from schemas.errors import OptionError
from schemas.report import DomainReport, SuitabilityReport
from train.evaluation.asked import Planned
from train.evaluation.cells import Cells
from train.evaluation.curve import NOT_ASKED, Curve, Part, learning_curve, planned_curve
from train.evaluation.domain_report import domain_report
from train.evaluation.findings import find
from train.evaluation.measure import measure
from train.evaluation.measurement import Measurement
from train.evaluation.models import Models
from train.evaluation.people import People, said_by_people
from train.evaluation.settings import Settings
from train.evaluation.stand_in import stands_for_itself
from train.evaluation.watcher import Unwatched, Watcher
from train.observer import Observer
from train.precision import this_machine

_LIBRARIES = ("torch", "transformers", "peft")
CELLS = "cells"
"""Below ``evaluations``: shared by all reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationPlan:
    """What an evaluation takes."""

    cells: Sequence[Planned]
    trainings: Sequence[Part]
    """Of ``--curve``."""


def evaluate(
    models: Models,
    dataset: PreparedDataset,
    others: Sequence[PreparedDataset] = (),
    settings: Settings | None = None,
    *,
    out: Path = Path("evaluations"),
    people: People | None = None,
    watcher: Watcher | None = None,
    observer: Observer | None = None,
) -> SuitabilityReport:
    """Measure what was not measured before, and judge it; ``observer`` watches the trainings of ``--curve``.

    Raises a PrepError for what the user can mend.
    """
    began = perf_counter()
    chosen, told = settings or Settings(), watcher or Unwatched()
    curve = curve_of(models, dataset, chosen, out)
    if people is not None:
        people.require(is_tuned=models.tuned is not None)

    def cells(asked: Models) -> Cells:
        return Cells(out / CELLS, asked, told, batch_size=chosen.batch_size, decoding=chosen.decoding)

    measurement = measure(models, dataset, others, chosen, cells=cells(models), watcher=told)
    drawn = NOT_ASKED
    if curve is not None:
        drawn = learning_curve(
            curve, measurement.asked, models, cells, watcher=told, observer=observer, seed=chosen.seed
        )
    tuned = models.tuned
    run, method = ("", "") if tuned is None else (tuned.name, str(tuned.method))
    ratings = None if people is None else said_by_people(measurement, people, told)
    domain = domain_report(find(measurement, chosen, drawn), run=run, method=method, ratings=ratings)
    return report_of([domain], models, _told(chosen, measurement, out), seconds=perf_counter() - began)


def _told(settings: Settings, measurement: Measurement, out: Path) -> dict[str, Any]:
    return {
        **settings.facts(),
        "limits": asdict(measurement.asked.asking.limits),
        "ways": measurement.ways,
        "cells": str(out / CELLS),
    }


def planned(
    models: Models,
    dataset: PreparedDataset,
    others: Sequence[PreparedDataset] = (),
    settings: Settings | None = None,
    *,
    out: Path = Path("evaluations"),
    watcher: Watcher | None = None,
) -> EvaluationPlan:
    """What ``evaluate`` would do: needs tokenizers, loads no weights and writes nothing."""
    chosen, told = settings or Settings(), watcher or Unwatched()
    curve = curve_of(models, dataset, chosen, out)
    cells = Cells(out / CELLS, models, told, dry_run=True)
    measure(models, dataset, others, chosen, cells=cells, watcher=told)
    return EvaluationPlan(cells=[*cells.planned.values()], trainings=[] if curve is None else [*curve.parts])


def curve_of(models: Models, dataset: PreparedDataset, settings: Settings, out: Path) -> Curve | None:
    """The trainings that are asked for; raises OptionError where they cannot be."""
    if not settings.curve:
        return None
    if models.tuned is None:
        raise OptionError("--curve trains as a run was trained; name one with --run")
    return planned_curve(Path(models.tuned.name), dataset, out)


def report_of(
    domains: Sequence[DomainReport], models: Models, settings: Mapping[str, Any], *, seconds: float
) -> SuitabilityReport:
    return SuitabilityReport(
        model=models.base.base.name,
        stands_for_itself=stands_for_itself(models.base.base),
        domains=domains,
        matrix=None,
        settings=settings,
        versions={**{name: version(name) for name in _LIBRARIES}, "python": platform.python_version()},
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=seconds,
        device=this_machine(use_cpu=models.base.device.type == "cpu").name,
    )
