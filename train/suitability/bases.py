"""Several bases in one report: each tuned on the same datasets, tested on the same items, in rows of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from schemas.errors import OptionError
from train.evaluation.settings import Settings
from train.recipe.gather import Layer
from train.suitability.setup import Setup, setup_of


def setups_of(
    models: Sequence[str],
    datasets: Sequence[str | Path] | None,
    runs: Mapping[str, Path],
    layers: Sequence[Layer],
    settings: Settings,
    **where: Any,
) -> list[Setup]:
    """One a base; without ``models`` that of the layers or runs alone. Raises a PrepError for what cannot be."""
    if len(models) <= 1:
        own: list[Layer] = [("command line", {"model": model}) for model in models]
        return [setup_of(datasets, runs, [*layers, *own], settings, **where)]
    if runs:
        raise OptionError(
            "--run with several --model: a run is of one base; leave out --run: what was trained is found"
        )
    names = _names(models)
    return [
        replace(setup_of(datasets, {}, [*layers, ("command line", {"model": model})], settings, **where), model=name)
        for model, name in zip(models, names, strict=True)
    ]


def _names(models: Sequence[str]) -> Sequence[str]:
    """The last part of each, where those differ."""
    if len(set(models)) < len(models):
        raise OptionError(f"--model {', '.join(models)}: one of them twice; name each base once")
    short = [model.strip("/").rpartition("/")[2] for model in models]
    return short if len(set(short)) == len(short) else models
