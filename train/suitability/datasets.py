"""Which datasets are looked at: on which a model is tuned, and on which all are tested."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from schemas.dataset import MANIFEST, PreparedDataset, folder_of
from schemas.errors import DatasetError, OptionError
from train.evaluation.measure import FEWEST

Note = Callable[[str], None]


def chosen_datasets(names: Sequence[str | Path] | None, data: Path, note: Note) -> list[PreparedDataset]:
    """Those that are named, by folder or by name in ``data``; None: all in ``data`` that can be tested on.

    What was mixed comes last. Raises a PrepError where there is nothing to look at.
    """
    if names is None:
        folders = [folder for folder in sorted(data.glob("*")) if (folder / MANIFEST).is_file()]
        found = [PreparedDataset.open(folder) for folder in folders]
        datasets = [dataset for dataset in found if _can_be_tested(dataset, note)]
        if not datasets:
            raise DatasetError(f"{data}: no dataset with train and test records in it; make some with prep convert")
    else:
        datasets = [PreparedDataset.open(folder_of(name, data)) for name in names]
        for dataset in datasets:
            if lacking := _lacking(dataset):
                raise DatasetError(f"{dataset.path}: {lacking}; convert it with train and test splits")
    _require_names(datasets)
    return sorted(datasets, key=lambda dataset: bool(mixed_of(dataset)))


def columns_of(datasets: Sequence[PreparedDataset]) -> list[PreparedDataset]:
    """What was mixed holds the records of others, so all are tested on those; but for mixtures alone."""
    return [dataset for dataset in datasets if not mixed_of(dataset)] or [*datasets]


def mixed_of(dataset: PreparedDataset) -> list[str]:
    """The datasets that ``prep mix`` made this one of, by name; none for any other."""
    return [str(part["name"]) for part in dataset.manifest.get("mixed", ())]


def _can_be_tested(dataset: PreparedDataset, note: Note) -> bool:
    lacking = _lacking(dataset)
    if lacking:
        note(f"{dataset.path}: {lacking}; it is left out")
    return not lacking


def _lacking(dataset: PreparedDataset) -> str:
    if not dataset.count("train"):
        return "no records in train"
    count = dataset.count("test")
    return f"{count} records in test, expected {FEWEST} at least" if count < FEWEST else ""


def _require_names(datasets: Sequence[PreparedDataset]) -> None:
    """Rows and columns of the report are called by them."""
    [(name, count)] = Counter(dataset.name for dataset in datasets).most_common(1) or [("", 0)]
    if count > 1:
        places = ", ".join(str(dataset.path) for dataset in datasets if dataset.name == name)
        raise OptionError(f"{places}: {count} datasets called {name}; name each once, or give them other names")
