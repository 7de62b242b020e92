"""The trainings of an experiment: what each amounts to before it runs, and the folder where it lies once it ran."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from schemas.errors import ModelError, OptionError
from schemas.run import RUN, Run
from schemas.statistics import SequenceLimits
from train.answer.answerer import Asking
from train.data import encoded_data
from train.encoding.form import Wording
from train.evaluation.models import Models
from train.experiments.experiment import CellChoice, Experiment
from train.experiments.names import flat
from train.experiments.records import Datasets, train_file
from train.experiments.source import refuse
from train.helping import train_together
from train.job import Job, job_of
from train.observer import Silent
from train.plan import Plan
from train.planning import plan_of
from train.processes import Processes
from train.recipe.build import build_recipe
from train.recipe.recipe import Recipe
from train.run_folder import folder_name

RUNS, SAMPLES = "runs", "records"
"""Below ``experiments``: shared by all of them, so that one cell of two experiments trains once."""
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A training that may not have run yet."""

    name: str
    dataset: str
    recipe: Recipe
    plan: Plan
    tokens_seen: int | None
    """None where the tokenizer is not on this machine."""

    @property
    def folder(self) -> Path:
        return Path(str(self.recipe.output_dir))

    @property
    def is_there(self) -> bool:
        return (self.folder / RUN).is_file()

    def asked_with(self, models: Models) -> Models:
        """Its base, asked as the cell will be."""
        wording = Wording(preset=self.recipe.prompt_template, prefix=self.recipe.source_prefix)
        limits = SequenceLimits(source=self.recipe.max_source_length, target=self.recipe.max_target_length)
        asking = Asking(encoding=self.recipe.encoding, wording=wording, limits=limits)
        return Models(replace(models.base, asking=asking))

    @property
    def derived(self) -> Mapping[str, float | None]:
        """What follows from recipe and records: ``names.DERIVED``."""
        seen = self.plan.max_steps * self.plan.total_train_batch_size
        return {
            "effective_batch": self.plan.total_train_batch_size,
            "steps": self.plan.max_steps,
            "examples": self.plan.examples,
            "epochs": _epochs(self.recipe, seen, self.plan.examples),
            "tokens_seen": self.tokens_seen,
        }


def planned_cells(
    experiment: Experiment,
    datasets: Datasets,
    out: Path,
    note: Note,
    *,
    dry_run: bool,
    samples: Path | None = None,
) -> list[Cell]:
    """``samples`` is where samples of records are written, if not beside the runs.

    Raises OptionError with every mistake in the recipes, one line each.
    """
    place = samples or out / SAMPLES
    recipes = _recipes(experiment, note)
    return [
        _planned(choice, recipes[choice.name], _file(choice, experiment, datasets, place), out, dry_run=dry_run)
        for choice in experiment.cells
    ]


def _recipes(experiment: Experiment, note: Note) -> dict[str, Recipe]:
    recipes: dict[str, Recipe] = {}
    mistakes: list[str] = []
    for choice in experiment.cells:
        try:
            recipes[choice.name], notes = build_recipe(choice.layers)
        except OptionError as error:
            mistakes += _told(error, experiment, choice)
            continue
        for line in notes:
            note(line)
    refuse(mistakes, "loaded")
    return recipes


def _file(choice: CellChoice, experiment: Experiment, datasets: Datasets, place: Path) -> tuple[str, Path]:
    dataset = datasets.named(choice.dataset)
    return dataset.name, train_file(dataset, experiment.data, place)


def trained(cell: Cell, watch: Silent) -> Run:
    """Gone on with where it was broken off, and never trained twice."""
    if cell.is_there:
        return Run.open(cell.folder)
    run = train_together(replace(cell.recipe, resume=True), watch)
    if not isinstance(run, Run):
        raise ModelError(f"{cell.folder}: gave no run")
    return run


def _told(error: OptionError, experiment: Experiment, choice: CellChoice) -> list[str]:
    """Lines without a place belong to the cell as a whole."""
    lines = str(error).split("\n  ")
    lines = lines[1:] if len(lines) > 1 else lines
    has_place = (experiment.where, "--set", "--model")
    return [line if line.startswith(has_place) else f"{experiment.where}: cell {choice.name}: {line}" for line in lines]


def _planned(choice: CellChoice, recipe: Recipe, data: tuple[str, Path], out: Path, *, dry_run: bool) -> Cell:
    name, file = data
    here = replace(recipe, train_file=str(file), out=str(out / RUNS), name=choice.name)
    job = job_of(here, Silent(), Processes.here(), dry_run=dry_run)
    lengths = None if job.base.folder is None else encoded_data(job).train.lengths
    examples = job.records.splits["train"].height if lengths is None else len(lengths)
    plan = plan_of(job, examples, 0, lengths)
    folder = out / RUNS / f"{folder_name(name, recipe.model, recipe.method)}-{_digest(job)}"
    seen = None
    if lengths is not None:
        epochs = _epochs(recipe, plan.max_steps * plan.total_train_batch_size, examples)
        seen = round(epochs * int(lengths.sum()))
    return Cell(
        name=choice.name,
        dataset=choice.dataset,
        recipe=replace(here, name=None, output_dir=str(folder)),
        plan=plan,
        tokens_seen=seen,
    )


def _epochs(recipe: Recipe, seen: int, examples: int) -> float:
    """How often each example is seen; where epochs end a training, its last batch may be smaller."""
    if int(recipe.training.get("max_steps", -1)) > 0:
        return round(seen / max(examples, 1), 4)
    return float(recipe.training.get("num_train_epochs", 3.0))


def _digest(job: Job) -> str:
    """Two trainings with the same one are the same."""
    return hashlib.sha256(json.dumps(job.inputs, sort_keys=True).encode()).hexdigest()[:12]


def recipes_of(cells: Sequence[Cell]) -> dict[str, dict[str, object]]:
    """By cell, all that can matter to what is learnt."""
    return {cell.name: {**flat(cell.recipe), "dataset": cell.dataset} for cell in cells}
