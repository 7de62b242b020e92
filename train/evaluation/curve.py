"""Would more data help? Trainings on nested parts of the data, each as the run was trained, and what they foresee."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from schemas.dataset import PreparedDataset
from schemas.errors import OptionError
from schemas.report import LearningCurve
from schemas.run import RUN, Run
from train.answer.load import recipe_around, tuned
from train.evaluation.asked import Asked
from train.evaluation.cells import Cells
from train.evaluation.held_out import records_of, sha256
from train.evaluation.models import Models
from train.evaluation.scores import reported
from train.evaluation.watcher import Watcher
from train.helping import train_together
from train.judging.learning_curve import LEAST_SEEDS, LEAST_SIZES, Point, fit_curve
from train.observer import Observer, Silent
from train.recipe.recipe import Recipe

CURVES = "curves"
SMALLEST = 8
"""Records: fewer are no data."""
NOT_ASKED = LearningCurve()
"""A report says in its language how to ask for one."""
_ASIDE = {"do_eval": False, "do_predict": False, "merge": False, "find_lr": False, "early_stopping_patience": None}
"""What of a recipe has nothing to do with what is learnt; parts have no dev split to stop early by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A training of the curve; ``folder`` is the run itself where it is the whole."""

    size: int
    seed: int
    folder: Path

    @property
    def is_there(self) -> bool:
        return (self.folder / RUN).is_file()


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The trainings of a learning curve, none of which is done yet."""

    recipe: Recipe
    dataset: PreparedDataset
    parts: Sequence[Part]
    folder: Path

    def trained(self, part: Part, observer: Observer) -> Path:
        """The run of a part: gone on with where it was broken off, and never trained twice."""
        if not part.is_there:
            data = self.written(part)
            training = {**self.recipe.training, "seed": part.seed}
            recipe = replace(self.recipe, train_file=str(data), output_dir=str(part.folder), training=training)
            train_together(recipe, observer)
        return part.folder

    def written(self, part: Part) -> Path:
        """Each part holds the one before it, in the order of the whole."""
        records = records_of(self.dataset, "train")
        chosen = np.random.default_rng(part.seed).permutation(records.height)[: part.size]
        path = self.folder / f"{part.size}-{part.seed}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        records[np.sort(chosen).tolist()].drop("record").write_ndjson(path)
        return path


def planned_curve(run: Path, dataset: PreparedDataset, out: Path) -> Curve:
    """Raises OptionError where nobody knows how the run was trained, or on what."""
    recipe = recipe_around(run)
    if recipe is None or not (run / RUN).is_file():
        raise OptionError(f"{run}: --curve needs a run: an adapter alone does not say how it was trained")
    learnt = sha256(dataset.file("train"))
    facts = Run.open(run).facts
    if facts.get("data", {}).get("sha256", {}).get("train") != learnt or recipe.max_train_samples:
        raise OptionError(f"{run}: not trained on all of {dataset.path}; --curve needs the dataset that it learnt from")
    own: dict[str, Any] = {**_ASIDE, "dataset": None, "validation_file": None, "test_file": None}
    own |= dict.fromkeys(("prompt_column", "response_column", "history_column"))
    bare = replace(recipe, **own, output_dir=None, name=None, out="", resume=True, overwrite=False)
    digest = hashlib.sha256(json.dumps([asdict(bare), learnt], sort_keys=True, default=str).encode()).hexdigest()[:16]
    folder = out / CURVES / f"{dataset.name}-{digest}"
    first = int(recipe.training.get("seed", 42))
    parts = [
        Part(size=size, seed=seed, folder=run if whole and seed == first else folder / f"run-{size}-{seed}")
        for size, whole in sizes_of(dataset.count("train"))
        for seed in range(first, first + LEAST_SEEDS)
    ]
    return Curve(recipe=bare, dataset=dataset, parts=parts, folder=folder)


def learning_curve(
    curve: Curve,
    asked: Asked,
    models: Models,
    cells: Callable[[Models], Cells],
    *,
    watcher: Watcher,
    observer: Observer | None = None,
    seed: int,
) -> LearningCurve:
    """Train what is not trained yet; ``asked`` are the held-out items as the run's model is asked."""
    points = []
    for part in curve.parts:
        if not part.is_there:
            models.release()
            watcher.note(f"learning curve: training on {part.size} of {curve.dataset.count('train')} records")
        base = models.base
        dtype = str(base.dtype).removeprefix("torch.")
        trained = tuned(curve.trained(part, observer or Silent()), dtype=dtype, device=base.device.type)
        rows = cells(Models(base, trained)).bits(_named(asked, part))
        points.append(Point(part.size, part.seed, sum(row.bits for row in rows) / sum(row.characters for row in rows)))
    return fitted(points, seed=seed)


def fitted(points: Sequence[Point], *, seed: int) -> LearningCurve:
    """The law through the points, or why there is none."""
    sizes = sorted({point.size for point in points})
    bits = [[point.bits for point in points if point.size == size] for size in sizes]
    found = fit_curve(points, seed=seed)
    if found is None:
        reason = f"{len(sizes)} sizes; expected {LEAST_SIZES} with {LEAST_SEEDS} seeds each"
        return LearningCurve(sizes=sizes, bits=bits, reason=reason)
    line = found.bits_at(np.array(sizes, dtype=np.float64))
    return LearningCurve(sizes=sizes, bits=bits, fitted=line.tolist(), gain_of_twice=reported(found.doubling))


def sizes_of(whole: int) -> list[tuple[int, bool]]:
    """Halves of halves, and whether each is the whole; closer together where data is little, fewer where it is none."""
    share = max(0.5, (SMALLEST / max(whole, SMALLEST)) ** (1 / (LEAST_SIZES - 1)))
    sizes = sorted({round(whole * share**step) for step in range(LEAST_SIZES)})
    return [(size, size == whole) for size in sizes if size >= SMALLEST]


def _named(asked: Asked, part: Part) -> Asked:
    return replace(asked, name=f"{asked.name}, learnt from {part.size} (seed {part.seed})")
