"""The records of an experiment: what each cell learns from, and the held-out items that all rows are asked."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from schemas.dataset import PreparedDataset, folder_of
from schemas.errors import DatasetError, OptionError
from train.encoding.default import with_both_sides
from train.evaluation.held_out import Items, held_out, records_of, sha256
from train.experiments.experiment import DataChoice, Experiment

Mixer = Callable[[str, Sequence[str]], Path]
"""Makes the dataset of this name as ``prep mix`` does, where it is not there yet."""


class Datasets:
    """By the names of an experiment; mixtures are made when they are asked for."""

    def __init__(self, experiment: Experiment, data: Path, mixer: Mixer | None) -> None:
        self._experiment, self._data, self._mixer = experiment, data, mixer
        self._opened: dict[str, PreparedDataset] = {}

    def named(self, name: str) -> PreparedDataset:
        """Raises DatasetError where there is none."""
        if name not in self._opened:
            self._opened[name] = PreparedDataset.open(self._folder(name))
        return self._opened[name]

    def _folder(self, name: str) -> Path:
        amounts = self._experiment.mixes.get(name)
        if amounts is None:
            return folder_of(name, self._data)
        if self._mixer is None:
            raise OptionError(f"{self._experiment.where}: mixes {name}: nobody here can mix; make it with prep mix")
        return self._mixer(name, amounts)


def train_file(dataset: PreparedDataset, choice: DataChoice, folder: Path) -> Path:
    """The records that are learnt: the split's own file, or a seeded sample beside the runs, in the split's order."""
    records = with_both_sides(records_of(dataset, "train"))
    if not records.height:
        raise DatasetError(f"{dataset.path}: no record with a prompt and an answer in train")
    if choice.train is None or choice.train >= records.height:
        return dataset.file("train")
    chosen = np.sort(np.random.default_rng(choice.seed).permutation(records.height)[: choice.train])
    path = folder / f"{dataset.name}-{choice.train}-{choice.seed}-{sha256(dataset.file('train'))[:8]}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    records[chosen.tolist()].drop("record").write_ndjson(path)
    return path


def asked_items(dataset: PreparedDataset, choice: DataChoice, *, own: bool) -> Items:
    """A seeded sample of the test split, of its dialogues where that is asked; of other datasets always of all."""
    if not (own and choice.dialogues):
        return held_out(dataset, "test", most=choice.items, seed=choice.seed)
    whole = held_out(dataset, "test", most=None, seed=choice.seed)
    if "history" not in whole.records.columns:
        raise DatasetError(f"{dataset.path}: no dialogues in test: it holds pairs; use a dataset of the chat shape")
    dialogues = whole.records.filter(pl.col("history").list.len() > 0)
    if not dialogues.height:
        raise DatasetError(f"{dataset.path}: no dialogue in test; use another dataset, or data.dialogues=false")
    if choice.items < dialogues.height:
        chosen = np.sort(np.random.default_rng(choice.seed).choice(dialogues.height, choice.items, replace=False))
        dialogues = dialogues[chosen.tolist()]
    return replace(whole, records=dialogues)


def without_history(items: Items) -> Items:
    """The same items, asked as if nothing had been said before."""
    return replace(items, records=items.records.drop("history", strict=False))
