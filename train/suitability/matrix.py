"""What tuning on one dataset does to each: bits per character, and their change, with intervals."""

from collections.abc import Mapping, Sequence

from schemas.report import Estimate, Matrix
from train.evaluation.measurement import Elsewhere
from train.evaluation.scores import Draws, per_character
from train.suitability.setup import UNTUNED
from train.suitability.study import Study

_BASE: Mapping[str, int] = {"base": 1}
_TUNED: Mapping[str, int] = {"tuned": 1}
_CHANGE: Mapping[str, int] = {"tuned": 1, "base": -1}


def matrix_of(studies: Sequence[Study]) -> Matrix:
    """Every model is tested on the same items of a column; a base has a row before those that were tuned from it."""
    parts = [_of_one_base(study) for study in studies]
    return Matrix(
        rows=[row for part in parts for row in part.rows],
        columns=parts[0].columns,
        bits=[row for part in parts for row in part.bits],
        change=[row for part in parts for row in part.change],
    )


def _of_one_base(study: Study) -> Matrix:
    setup = study.setup
    draws = Draws(seed=setup.settings.seed, resamples=setup.settings.resamples)
    names = [tuning.name for tuning in setup.tunings]
    cells = [[study.tested(name, column) for column in setup.tested] for name in names]
    untuned = [_first(column) for column in zip(*cells, strict=True)]
    return Matrix(
        rows=[setup.called(name) for name in (UNTUNED, *names)],
        columns=[column.name for column in setup.tested],
        bits=[_estimates(untuned, _BASE, draws), *(_estimates(row, _TUNED, draws) for row in cells)],
        change=[[None] * len(setup.tested), *(_estimates(row, _CHANGE, draws) for row in cells)],
    )


def estimate_of(cell: Elsewhere, signs: Mapping[str, int], draws: Draws) -> Estimate:
    return per_character({"base": cell.base, "tuned": cell.tuned}, signs, cell.characters, draws)[0]


def _estimates(cells: Sequence[Elsewhere | None], signs: Mapping[str, int], draws: Draws) -> list[Estimate | None]:
    return [None if cell is None else estimate_of(cell, signs, draws) for cell in cells]


def _first(cells: Sequence[Elsewhere | None]) -> Elsewhere | None:
    """The base is the same in all of them."""
    return next((cell for cell in cells if cell is not None), None)


def compared_on(study: Study, row: str, other: str) -> dict[str, Estimate]:
    """Bits per character that one row needs more than the other, by the columns where both were tested."""
    draws = Draws(seed=study.setup.settings.seed, resamples=study.setup.settings.resamples)
    found = {}
    for column in study.setup.tested:
        mine, its = study.tested(row, column), study.tested(other, column)
        if mine is not None and its is not None:
            both = Elsewhere(base=its.tuned, tuned=mine.tuned, characters=mine.characters)
            found[column.name] = estimate_of(both, _CHANGE, draws)
    return found
