"""``prep suitability``: trainings and cells become one report of all datasets."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from time import perf_counter
from typing import Any

from schemas.report import SuitabilityReport
from train.evaluation.evaluate import report_of
from train.evaluation.models import Models
from train.evaluation.watcher import Watcher
from train.observer import Observer, Silent
from train.run_folder import folder_name
from train.suitability.clock import Clock
from train.suitability.datasets import mixed_of
from train.suitability.judging import judged
from train.suitability.matrix import matrix_of
from train.suitability.plan import SuitabilityPlan, planned
from train.suitability.setup import Setup
from train.suitability.study import Study
from train.suitability.watcher import StudyWatcher, Unstudied


def suitability(
    setup: Setup,
    plan: SuitabilityPlan | None = None,
    *,
    clock: Clock | None = None,
    watcher: StudyWatcher | None = None,
    observer: Observer | None = None,
) -> SuitabilityReport:
    """Train and measure what is not there yet, as long as the ``clock`` allows, and judge what is.

    Within a budget of time the datasets come first whose training and own cell take least by the ``plan``. Raises a
    PrepError for what the user can mend, ``Interrupted`` or KeyboardInterrupt where it is broken off: the same call
    goes on.
    """
    began = perf_counter()
    told = watcher or Unstudied()
    expected = plan or planned(setup, told, dry_run=False)
    timed = clock or Clock()
    order = sorted(setup.tunings, key=lambda each: expected.seconds_of(each.name) if timed.seconds else 0)
    study = Study(setup, timed, told, observer or Silent())
    study.run(order)
    models = _any_models(study, told)
    report = report_of(judged(study), models, _settings(study, models, timed), seconds=perf_counter() - began)
    return replace(report, matrix=matrix_of(study))


def report_name(setup: Setup, *, is_selection: bool) -> str:
    """Of the report's folder: ``chatglm-6b-p_tuning_v2``, with the datasets before it where not all are meant."""
    recipes = [tuning.recipe for tuning in setup.tunings if tuning.recipe is not None]
    names = [tuning.name for tuning in setup.tunings] if is_selection else []
    model = recipes[0].model if recipes else setup.tunings[0].models(lambda _: None).base.base.name
    return folder_name("-".join(names), model, recipes[0].method if recipes else "runs").removeprefix("model-")


def _any_models(study: Study, watcher: Watcher) -> Models:
    """The base is the same in all of them."""
    return next(iter(study.models.values()), None) or study.setup.models(study.setup.tunings[0], watcher)


def _settings(study: Study, models: Models, clock: Clock) -> Mapping[str, Any]:
    setup = study.setup
    return {
        **setup.settings.facts(),
        "limits": asdict((models.tuned or models.base).asking.limits),
        "ways": {name: own.ways for name, own in study.own.items()},
        "cells": str(setup.cells),
        "holm_over": len(setup.tunings),
        "mixed": {each.name: mixed_of(each.dataset) for each in setup.tunings if mixed_of(each.dataset)},
        "budget_seconds": clock.seconds,
        "not_measured": _not_measured(study),
    }


def _not_measured(study: Study) -> Sequence[str]:
    """Cells of the matrix, by row and column."""
    rows = study.setup.tunings
    own = [f"{row.name} on {row.name}" for row in rows if row.name not in study.own]
    return own + [f"{row.name} on {column}" for row in rows for column in study.missing(row)]
