"""What is tuned on a dataset: a run that was given, one that was trained just so before, or one that is to be trained.

A training is found again by what it is made of, recipe and records, whatever its folder is called.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from schemas.dataset import PreparedDataset
from schemas.errors import OptionError
from schemas.run import RUN
from train.answer.answerer import Asking
from train.answer.load import Found
from train.evaluation.models import Models
from train.evaluation.subject import models_of
from train.helping import train_together
from train.job import Job, job_of
from train.observer import Observer, Silent
from train.processes import Processes
from train.recipe.build import build_recipe
from train.recipe.gather import Layer
from train.recipe.recipe import Recipe
from train.run_folder import INPUTS, read_json

Note = Callable[[str], None]
_ONE_FOLDER = ("name", "output_dir")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Of one dataset."""

    dataset: PreparedDataset
    folder: Path
    model: str | None
    """The base, where the folder does not say."""
    recipe: Recipe | None
    """None for a run or an adapter that was given."""

    @property
    def name(self) -> str:
        return self.dataset.name

    @property
    def is_there(self) -> bool:
        return self.recipe is None or (self.folder / RUN).is_file()

    def train(self, observer: Observer) -> None:
        """Go on from the last checkpoint, if there is one."""
        if self.recipe is not None and not self.is_there:
            train_together(self.recipe, observer)

    def models(self, note: Note) -> Models:
        """Tuned model and base, none of them loaded."""
        on_processor = self.recipe is not None and self.recipe.training.get("use_cpu")
        return models_of(self.folder, self.model, device="cpu" if on_processor else "auto", note=note)


def tunings_of(
    datasets: Sequence[PreparedDataset],
    given: Mapping[str, Path],
    layers: Sequence[Layer],
    *,
    model: str | None,
    note: Note,
    dry_run: bool = False,
) -> list[Tuning]:
    """One a dataset; ``given`` are folders of runs by the datasets' names. Raises a PrepError for what cannot be."""
    unknown = given.keys() - {dataset.name for dataset in datasets}
    if unknown:
        names = ", ".join(dataset.name for dataset in datasets)
        raise OptionError(f"--run {min(unknown)}=…: no such dataset among those that are looked at: {names}")
    return [
        Tuning(dataset=dataset, folder=given[dataset.name], model=model, recipe=None)
        if dataset.name in given
        else _trained_by(dataset, layers, note, dry_run=dry_run)
        for dataset in datasets
    ]


def _trained_by(dataset: PreparedDataset, layers: Sequence[Layer], note: Note, *, dry_run: bool) -> Tuning:
    own: Layer = ("prep suitability", {"dataset": str(dataset.path), "resume": True})
    recipe, notes = build_recipe([*layers, own])
    for line in notes:
        note(line)
    if one := next((name for name in _ONE_FOLDER if getattr(recipe, name)), None):
        raise OptionError(f"{one} {getattr(recipe, one)}: every dataset has a run of its own; leave {one} out")
    folder = _folder_of(job_to_plan(recipe, note, dry_run=dry_run))
    named = replace(recipe, output_dir=str(folder), resume=folder.exists())
    return Tuning(dataset=dataset, folder=folder, model=None, recipe=named)


def job_to_plan(recipe: Recipe, note: Note, *, dry_run: bool) -> Job:
    """In a dry run the weights need not be on this machine, nor the tokenizer of a released model."""
    return job_of(recipe, _Noting(note), Processes.here(), dry_run=dry_run)


def models_to_be(job: Job) -> Models:
    """As long as nothing is trained: the tuned model lacks its adapter, and can be planned with."""
    base = Found(
        name=str(job.base.folder),  # not the run's, whose records nobody can ask for yet
        base=job.base,
        dtype=job.precision.base,
        device=job.machine.device,
        asking=Asking(),
        split_special_tokens=job.recipe.split_special_tokens,
    )
    asking = Asking(encoding=job.recipe.encoding, wording=job.wording, limits=job.limits("test"))
    return Models(base, replace(base, asking=asking, method=job.method.name))


def _folder_of(job: Job) -> Path:
    """That of the same training, finished or not; else the usual one, or where another run lies, one beside it."""
    same = [path.parent for path in sorted(Path(job.recipe.out).glob(f"*/{INPUTS}")) if read_json(path) == job.inputs]
    if same:
        return next((folder for folder in same if (folder / RUN).is_file()), same[0])
    is_free = not job.folder.exists() or not any(job.folder.iterdir())
    return job.folder if is_free else job.folder.with_name(f"{job.folder.name}-{_digest(job)}")


def _digest(job: Job) -> str:
    return hashlib.sha256(json.dumps(job.inputs, sort_keys=True).encode()).hexdigest()[:8]


class _Noting(Silent):
    """Hears notes alone."""

    def __init__(self, note: Note) -> None:
        self._note = note

    def note(self, line: str) -> None:
        self._note(line)
