"""What is evaluated: a run, an adapter or a base alone; the dataset that it is asked about, and the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.dataset import MANIFEST, PreparedDataset, folder_of
from schemas.errors import OptionError
from schemas.run import ADAPTER
from train.answer.load import Found, base, recipe_around, run_of, tuned
from train.evaluation.models import Models
from train.models.quantised.choice import Quantization
from train.run_folder import folder_name

NONE = "none"
"""In place of other datasets."""
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """All that ``evaluate`` needs but its settings."""

    models: Models
    dataset: PreparedDataset
    others: Sequence[PreparedDataset]

    @property
    def name(self) -> str:
        """Of the report's folder: ``legal-chatglm-6b-base``, or the dataset's name and the run's."""
        found = self.models.tuned
        if found is None:
            return folder_name(self.dataset.name, self.models.base.name, "base")
        place = Path(found.name).resolve()
        parts = [place.name] if run_of(place) else [place.parent.name, *([place.name] if place.name != ADAPTER else [])]
        run = "-".join(parts)
        return run if run.startswith(f"{self.dataset.name}-") else f"{self.dataset.name}-{run}"


def models_of(
    run: Path | None,
    model: str | None,
    *,
    dtype: str | None = None,
    quantization: Quantization | None = None,
    device: str = "auto",
    note: Note,
) -> Models:
    """Raises OptionError where neither is named."""
    if run is None and model is None:
        raise OptionError("nothing to evaluate; name a run with --run runs/…, or a base with --model")
    if run is None:
        return Models(base(str(model), dtype=dtype, device=device, quantization=quantization, note=note))
    found = tuned(run, model=model, dtype=dtype, device=device, quantization=quantization, note=note)
    return Models(found.without_adapter(), found)


def with_limits(models: Models, *, source: int | None, target: int | None) -> Models:
    """Base and tuned model have the same room."""

    def limited(found: Found) -> Found:
        return found.with_limits(source=source, target=target)

    return Models(limited(models.base), None if models.tuned is None else limited(models.tuned))


def subject_of(
    models: Models,
    dataset: str | Path | None,
    others: Sequence[str | Path] | None = None,
    *,
    data: Path = Path("data"),
    note: Note,
) -> Subject:
    """``dataset`` None is what the run was trained on; ``others`` None are all finished datasets in ``data``."""
    chosen = PreparedDataset.open(_learnt(models) if dataset is None else folder_of(dataset, data))
    if others is None:
        found = [PreparedDataset.open(each) for each in sorted(data.glob("*")) if (each / MANIFEST).is_file()]
    else:
        found = [PreparedDataset.open(folder_of(other, data)) for other in others if other != NONE]
    elsewhere = [other for other in found if other.path.resolve() != chosen.path.resolve()]
    for other in elsewhere:
        if not other.count("test"):
            note(f"{other.path}: no records in test; whether it is forgotten is not measured")
    subject = Subject(models=models, dataset=chosen, others=[other for other in elsewhere if other.count("test")])
    _note_of_another(subject, note)
    return subject


def _learnt(models: Models) -> Path:
    if models.tuned is None:
        raise OptionError("no dataset; name the one to ask about, e.g. data/legal")
    recipe = recipe_around(Path(models.tuned.name))
    if recipe is None or recipe.dataset is None:
        raise OptionError(f"{models.tuned.name}: not trained on a dataset of prep convert; name the one to ask about")
    return Path(recipe.dataset)


def _note_of_another(subject: Subject, note: Note) -> None:
    tuned_model = subject.models.tuned
    if tuned_model is None or (run := run_of(Path(tuned_model.name))) is None:
        return
    if run.dataset != subject.dataset.name:
        note(f"{run.path}: trained on {run.dataset}, asked about {subject.dataset.name}")
