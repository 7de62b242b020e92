"""``prep suitability``: trainings and cells become one report of all datasets."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from time import perf_counter
from typing import Any

from schemas.report import SuitabilityReport
from train.evaluation.evaluate import report_of
from train.evaluation.models import Models
from train.evaluation.stand_in import stands_for_itself
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
from train.suitability.tuning import Tuning
from train.suitability.watcher import StudyWatcher, Unstudied


def suitability(
    setups: Sequence[Setup],
    plans: Sequence[SuitabilityPlan] = (),
    *,
    clock: Clock | None = None,
    watcher: StudyWatcher | None = None,
    observer: Observer | None = None,
) -> SuitabilityReport:
    """Train and measure what is not there yet, as long as the ``clock`` allows, and judge what is; one setup a base.

    Within a budget of time the datasets come first whose training and own cell take least by the ``plan``. Raises a
    PrepError for what the user can mend, ``Interrupted`` or KeyboardInterrupt where it is broken off: the same call
    goes on.
    """
    began = perf_counter()
    told = watcher or Unstudied()
    expected = plans or [planned(setup, told, dry_run=False) for setup in setups]
    timed = clock or Clock()
    studies = [Study(setup, timed, told, observer or Silent()) for setup in setups]
    for study, plan in zip(studies, expected, strict=True):
        study.run(_in_order(study.setup, plan, timed))
    models = [_any_models(study, told) for study in studies]
    report = report_of(judged(studies), models[0], _settings(studies, models, timed), seconds=perf_counter() - began)
    return replace(
        report,
        model=", ".join(each.base.base.name for each in models),
        stands_for_itself=" ".join(filter(None, (stands_for_itself(each.base.base) for each in models))),
        matrix=matrix_of(studies),
    )


def report_name(setups: Sequence[Setup], *, is_selection: bool) -> str:
    """Of the report's folder: ``chatglm-6b-p_tuning_v2``, with the datasets before it where not all are meant."""
    setup = setups[0]
    recipes = [tuning.recipe for tuning in setup.tunings if tuning.recipe is not None]
    names = [tuning.name for tuning in setup.tunings] if is_selection else []
    model = recipes[0].model if recipes else setup.tunings[0].models(lambda _: None).base.base.name
    if len(setups) > 1:
        model = "-".join(each.model.rpartition("/")[2] for each in setups)
    return folder_name("-".join(names), model, recipes[0].method if recipes else "runs").removeprefix("model-")


def _in_order(setup: Setup, plan: SuitabilityPlan, clock: Clock) -> list[Tuning]:
    return sorted(setup.tunings, key=lambda each: plan.seconds_of(each.name) if clock.seconds else 0)


def _any_models(study: Study, watcher: Watcher) -> Models:
    """The base is the same in all of a study."""
    return next(iter(study.models.values()), None) or study.setup.models(study.setup.tunings[0], watcher)


def _settings(studies: Sequence[Study], models: Sequence[Models], clock: Clock) -> Mapping[str, Any]:
    setup = studies[0].setup
    return {
        **setup.settings.facts(),
        "limits": asdict((models[0].tuned or models[0].base).asking.limits),
        "ways": {study.setup.called(name): own.ways for study in studies for name, own in study.own.items()},
        "cells": str(setup.cells),
        "holm_over": sum(len(study.setup.tunings) for study in studies),
        "mixed": {each.name: mixed_of(each.dataset) for each in setup.tunings if mixed_of(each.dataset)},
        "budget_seconds": clock.seconds,
        "not_measured": [cell for study in studies for cell in _not_measured(study)],
    }


def _not_measured(study: Study) -> Sequence[str]:
    """Cells of the matrix, by row and column."""
    rows, called = study.setup.tunings, study.setup.called
    own = [f"{called(row.name)} on {row.name}" for row in rows if row.name not in study.own]
    return own + [f"{called(row.name)} on {column}" for row in rows for column in study.missing(row)]
