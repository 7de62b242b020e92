"""All that a report of several datasets is made from: what is tuned, what is tested on, how, and where things lie."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from schemas.dataset import PreparedDataset
from schemas.errors import OptionError
from train.answer.load import recipe_around
from train.distributed.helpers import helpers
from train.evaluation.evaluate import CELLS
from train.evaluation.models import Models
from train.evaluation.settings import Settings
from train.evaluation.subject import with_limits
from train.evaluation.watcher import Watcher
from train.processes import Processes
from train.recipe.gather import Layer
from train.suitability.datasets import chosen_datasets, columns_of, mixed_of
from train.suitability.tuning import Tuning, job_to_plan, models_to_be, tunings_of

Note = Callable[[str], None]
UNTUNED = "untuned"
"""The first row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Rows and columns of the matrix, and how its cells are measured."""

    tunings: Sequence[Tuning]
    tested: Sequence[PreparedDataset]
    settings: Settings
    evaluations: Path = Path("evaluations")
    """Where cells lie, shared with ``prep evaluate``."""
    max_source_length: int | None = None
    max_target_length: int | None = None
    model: str = ""
    """The base, as the rows of a report of several name it; empty in a report of one."""

    def called(self, row: str) -> str:
        return f"{self.model}: {row}" if self.model else row

    @property
    def cells(self) -> Path:
        return self.evaluations / CELLS

    def models(self, tuning: Tuning, watcher: Watcher, *, dry_run: bool = False) -> Models:
        """Of a tuning that may be there or not."""
        if tuning.recipe is None or tuning.is_there:
            found = tuning.models(watcher.note)
        else:
            found = models_to_be(job_to_plan(tuning.recipe, watcher.note, dry_run=dry_run))
        return with_limits(found, source=self.max_source_length, target=self.max_target_length)

    def elsewhere(self, tuning: Tuning) -> Iterator[PreparedDataset]:
        """The other columns of a row."""
        return (dataset for dataset in self.tested if dataset.name != tuning.name)

    def is_at_home(self, tuning: Tuning, dataset: PreparedDataset) -> bool:
        """Whether a mixture was mixed of the dataset, so that the model is asked there as it was trained."""
        return dataset.name in mixed_of(tuning.dataset)


def setup_of(
    datasets: Sequence[str | Path] | None,
    runs: Mapping[str, Path],
    layers: Sequence[Layer],
    settings: Settings,
    *,
    data: Path,
    note: Note,
    dry_run: bool = False,
    **where: Any,
) -> Setup:
    """``layers`` make the recipe of whatever has no run; without a model in them, the base is that of the ``runs``.

    Raises a PrepError for what cannot be.
    """
    if Processes.here().count > 1 and helpers() is None:
        raise OptionError("several processes are here and none leads; expected torchrun … -m prep suitability …")
    chosen = chosen_datasets(datasets, data, note)
    model = next((str(layer["model"]) for _, layer in reversed(layers) if layer.get("model")), None)
    known = [recipe.model for folder in runs.values() if (recipe := recipe_around(folder)) is not None]
    first: Layer = ("prep suitability", {"model": known[0]} if known else {})
    return Setup(
        tunings=tunings_of(chosen, runs, [first, *layers], model=model, note=note, dry_run=dry_run),
        tested=columns_of(chosen),
        settings=replace(settings, other_items=settings.items or settings.other_items),
        **where,
    )


def require_alike(tunings: Sequence[Tuning], models: Sequence[Models]) -> None:
    """One report is about one base, asked within the same limits; raises OptionError for anything else."""
    for tuning, each in zip(tunings, models, strict=True):
        if each.facts["base"] != models[0].facts["base"]:
            first, other = (_base(found) for found in (models[0], each))
            raise OptionError(
                f"{tuning.folder} is tuned from {other}, {tunings[0].folder} from {first}; one report is about one base"
            )
        if _limits(each) != _limits(models[0]):
            (source, target), (first_source, first_target) = _limits(each), _limits(models[0])
            raise OptionError(
                f"{tuning.folder} was trained with {source}|{target} tokens of prompt and answer, {tunings[0].folder} "
                f"with {first_source}|{first_target}; give all the same with --max-source-length and --max-new-tokens"
            )


def _base(models: Models) -> str:
    base = models.base
    return f"{base.base.name} ({str(base.dtype).removeprefix('torch.')})"


def _limits(models: Models) -> tuple[int, int]:
    limits = asdict((models.tuned or models.base).asking.limits)
    return limits["source"], limits["target"]
