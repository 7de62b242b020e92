"""Whether cells differ in what the experiment says they differ in, and in nothing else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from schemas.experiment import Confound
from train.experiments.cells import Cell, recipes_of
from train.experiments.experiment import Experiment
from train.experiments.names import DERIVED, differing
from train.experiments.source import refuse

SAME = 0.01
"""A share: amounts that are closer are the same."""


def confounds(experiment: Experiment, cells: Sequence[Cell]) -> list[Confound]:
    """What differs unsaid and follows from the rest: tokens, steps …

    Raises OptionError for keys that differ unsaid, for what is held fixed and differs, and for what is changed and is
    the same.
    """
    recipes = recipes_of(cells)
    differs = [*differing(recipes)]
    amounts = {name: {cell.name: cell.derived[name] for cell in cells} for name in DERIVED}
    uneven = [name for name, values in amounts.items() if not _is_one(values.values())]
    mistakes = [*_unsaid(experiment, differs, recipes), *_not_fixed(experiment, uneven, amounts)]
    mistakes += [
        f"{name}: changed, but all cells have {next(iter(recipes.values()))[name]!r}"
        for name in experiment.changed
        if name not in (*differs, *DERIVED) and all(name in recipe for recipe in recipes.values()) and len(cells) > 1
    ]
    refuse([f"{experiment.where}: {mistake}" for mistake in mistakes], "trained")
    said = (*experiment.changed, *experiment.held_fixed)
    return [Confound(name=name, values=amounts[name]) for name in uneven if name not in said]


def _unsaid(
    experiment: Experiment, differs: Sequence[str], recipes: Mapping[str, Mapping[str, object]]
) -> Iterator[str]:
    for name in differs:
        if name not in experiment.changed:
            held = ", ".join(f"{cell} {recipe.get(name)!r}" for cell, recipe in recipes.items())
            yield f"{name}: differs between the cells ({held}) and is not among changed; make it the same, or say so"


def _not_fixed(
    experiment: Experiment, uneven: Sequence[str], amounts: Mapping[str, Mapping[str, float | None]]
) -> Iterator[str]:
    for name in uneven:
        if name in experiment.held_fixed:
            held = ", ".join(f"{cell} {value:,.6g}" for cell, value in amounts[name].items() if value is not None)
            yield f"{name}: held fixed, but differs between the cells ({held})"


def _is_one(values: Iterable[float | None]) -> bool:
    known = [value for value in values if value is not None]
    return not known or max(known) - min(known) <= SAME * max(known)
