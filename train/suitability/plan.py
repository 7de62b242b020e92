"""What a report of several datasets will cost, before anything is done: trainings, cells, hours and disk."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from schemas.dataset import PreparedDataset
from schemas.run import RUN, Run
from train.data import counted_data
from train.evaluation.asked import Planned
from train.evaluation.cells import Cells
from train.evaluation.curve import planned_curve, sizes_of
from train.evaluation.elsewhere import measure_elsewhere
from train.evaluation.measure import measure
from train.evaluation.models import Models
from train.evaluation.watcher import Watcher
from train.judging.learning_curve import LEAST_SEEDS
from train.planning import plan_of
from train.suitability.cost import Speed, cell_bytes, run_bytes, steps_left
from train.suitability.setup import Setup, require_alike
from train.suitability.tuning import Tuning, job_to_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTraining:
    """Of a dataset, or for its learning curve of a part of it."""

    dataset: str
    run: str
    """Empty for parts of what is not trained yet."""
    is_there: bool
    examples: int
    steps: int
    """That are left."""
    seconds: float
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCell:
    """Of the matrix: what is not measured yet."""

    row: str
    column: str
    lists: int
    """Of prompts, each asked of one model."""
    tokens: int
    most_new_tokens: int
    seconds: float
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitabilityPlan:
    """In the order in which it is done."""

    trainings: Sequence[PlannedTraining]
    parts: Sequence[PlannedTraining]
    """Trainings of learning curves."""
    cells: Sequence[PlannedCell]
    seconds: float
    bytes: int

    def seconds_of(self, dataset: str) -> float:
        """Of its training and its own cell."""
        trained = sum(each.seconds for each in self.trainings if each.dataset == dataset)
        return trained + sum(each.seconds for each in self.cells if each.row == dataset == each.column)


def planned(setup: Setup, watcher: Watcher, *, dry_run: bool = True) -> SuitabilityPlan:
    """Needs tokenizers, loads no weights and writes nothing."""
    models = [setup.models(tuning, watcher, dry_run=dry_run) for tuning in setup.tunings]
    if all(each.base.base.folder for each in models):
        require_alike(setup.tunings, models)
    trainings = [_training(tuning, watcher, dry_run=dry_run) for tuning in setup.tunings]
    parts = [
        part
        for tuning, whole in zip(setup.tunings, trainings, strict=True)
        if setup.settings.curve
        for part in _parts(setup, tuning, whole)
    ]
    cells = [*_cells(setup, models, watcher)]
    waiting: list[PlannedTraining | PlannedCell] = [each for each in (*trainings, *parts) if not each.is_there]
    waiting += cells
    return SuitabilityPlan(
        trainings=trainings,
        parts=parts,
        cells=cells,
        seconds=sum(each.seconds for each in waiting),
        bytes=sum(each.bytes for each in waiting),
    )


def _training(tuning: Tuning, watcher: Watcher, *, dry_run: bool) -> PlannedTraining:
    if tuning.recipe is None or tuning.is_there:
        facts = Run.open(tuning.folder).facts if (tuning.folder / RUN).is_file() else {}
        known = {"examples": int(facts.get("examples", 0)), "steps": 0, "seconds": 0.0, "bytes": 0}
        return PlannedTraining(dataset=tuning.name, run=str(tuning.folder), is_there=True, **known)  # type: ignore[arg-type]
    job = job_to_plan(tuning.recipe, watcher.note, dry_run=dry_run)
    plan = plan_of(job, *counted_data(job))
    left = steps_left(job, plan)
    return PlannedTraining(
        dataset=tuning.name,
        run=str(tuning.folder),
        is_there=False,
        examples=plan.examples,
        steps=left,
        seconds=(plan.seconds or 0.0) * left / max(plan.max_steps, 1),
        bytes=run_bytes(job, plan),
    )


def _parts(setup: Setup, tuning: Tuning, whole: PlannedTraining) -> Iterator[PlannedTraining]:
    """Each takes as long as the whole, or by epochs its share of that."""
    dataset, recipe = tuning.dataset, tuning.recipe
    if whole.is_there:
        curve = planned_curve(tuning.folder, dataset, setup.evaluations)
        facts, recipe = Run.open(tuning.folder).facts, curve.recipe
        size_of_run = sum(path.stat().st_size for path in tuning.folder.rglob("*") if path.is_file())
        known = {"seconds": float(facts.get("seconds", 0)), "steps": int(facts.get("steps", 0)), "bytes": size_of_run}
        whole = replace(whole, **known)  # type: ignore[arg-type]
        sized = [(part.size, str(part.folder), part.is_there) for part in curve.parts]
    else:
        sizes = [size for size, _ in sizes_of(dataset.count("train")) for _ in range(LEAST_SEEDS)]
        sized = [(size, "", False) for size in sizes[:-1]]  # the last one is the run itself
    is_fixed = recipe is not None and int(recipe.training.get("max_steps", -1)) > 0
    for size, folder, is_there in sized:
        share = 0.0 if is_there else 1.0 if is_fixed else size / dataset.count("train")
        steps, seconds = math.ceil(whole.steps * share), whole.seconds * share
        yield replace(whole, run=folder, is_there=is_there, examples=size, steps=steps, seconds=seconds)


def _cells(setup: Setup, models: Sequence[Models], watcher: Watcher) -> Iterator[PlannedCell]:
    """Own cells first; cells of the base that several need are counted once."""
    if not all(each.base.base.folder for each in models):
        watcher.note("what the cells take is not counted: that needs the model's tokenizer")
        return
    speed = Speed.of(models[0].base, setup.settings.batch_size)
    seen: set[Path] = set()
    rows = [*zip(setup.tunings, models, strict=True)]
    for tuning, each in rows:
        yield _cell(tuning, tuning.dataset, _own(setup, tuning, each, watcher), speed, seen)
    for tuning, each in rows:
        for other in setup.elsewhere(tuning):
            cells = Cells(setup.cells, each, watcher, dry_run=True)
            asked = each.tuned.asking if each.tuned and setup.is_at_home(tuning, other) else None
            measure_elsewhere(each, other, setup.settings, cells, asked=asked)
            yield _cell(tuning, other, cells, speed, seen)


def _own(setup: Setup, tuning: Tuning, models: Models, watcher: Watcher) -> Cells:
    cells = Cells(setup.cells, models, watcher, dry_run=True)
    measure(models, tuning.dataset, (), setup.settings, cells=cells, watcher=watcher)
    return cells


def _cell(tuning: Tuning, column: PreparedDataset, cells: Cells, speed: Speed, seen: set[Path]) -> PlannedCell:
    waiting: list[Planned] = []
    for path, cell in cells.planned.items():
        if not cell.is_there and not (cell.side == "base" and path in seen):
            waiting.append(cell)
        seen.add(path)
    return PlannedCell(
        row=tuning.name,
        column=column.name,
        lists=len(waiting),
        tokens=sum(cell.tokens for cell in waiting),
        most_new_tokens=sum(cell.most_new_tokens for cell in waiting),
        seconds=sum(map(speed.seconds, waiting)),
        bytes=sum(map(cell_bytes, waiting)),
    )
