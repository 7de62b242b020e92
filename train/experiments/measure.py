"""The rows of an experiment: every item asked in every row's way, each cell's model in memory once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from schemas.run import Run
from schemas.statistics import SequenceLimits
from train.answer.answerer import Asking
from train.answer.generate import Answer
from train.answer.load import Note, base, tuned
from train.answer.manner import Manner
from train.encoding.form import PLAIN
from train.evaluation.asked import Asked
from train.evaluation.bits import Bits
from train.evaluation.cells import Cells
from train.evaluation.cut import cut_of
from train.evaluation.held_out import Items
from train.evaluation.models import Models
from train.experiments.experiment import BASE, Experiment, RowChoice
from train.experiments.records import without_history
from train.metrics.bits import BITS, CHARACTERS
from train.metrics.metric import Answers


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """One row on one dataset."""

    row: str
    choice: RowChoice
    items: Items
    limits: SequenceLimits
    cut: Mapping[str, float]
    answers: Answers
    is_own: bool
    """Answered; on other datasets only foreseen."""


def models_of_cell(cell: str, model: str, runs: Mapping[str, Run], note: Note) -> Models:
    """The tuned model of a cell, or the base alone."""
    if cell == BASE:
        return Models(base(model, note=note))
    found = tuned(runs[cell].path, model=model, note=note)
    return Models(found.without_adapter(), found)


def asking_of(choice: RowChoice, models: Models, *, own: bool) -> Asking:
    """As it was trained to be asked but for the row's limits; on other datasets bare."""
    found = (models.tuned or models.base).asking
    limits = SequenceLimits(
        source=choice.max_source_length or found.limits.source,
        target=choice.max_target_length or found.limits.target,
    )
    return replace(found, limits=limits) if own else Asking(wording=PLAIN, limits=limits)


def asked(row: str, models: Models, asking: Asking, items: Items) -> Asked:
    """What the row's model is given."""
    return Asked(
        name=f"{row}, {items.dataset} {items.split}",
        side="base" if models.tuned is None else "tuned",
        asking=asking,
        prompts=dict(zip(items.numbers, models.prompts(items.records.drop("record"), asking), strict=True)),
        references=dict(zip(items.numbers, items.references, strict=True)),
    )


class Measuring:
    """What the rows of an experiment share."""

    def __init__(self, experiment: Experiment, cells: Callable[[Models], Cells], items: Sequence[Items]) -> None:
        """``items``: of the experiment's own dataset, then of the others."""
        self.experiment, self.cells, self.items = experiment, cells, items

    def cell(self, cell: str, models: Models, target: int) -> Iterator[Measured]:
        """All rows of a cell; ``target`` tokens of every reference are foreseen, whatever a row may answer in."""
        held = self.cells(models)
        for name, choice in self.experiment.rows.items():
            for number, each in enumerate(self.items) if choice.cell == cell else ():
                items = without_history(each) if choice.history == "removed" else each
                asking = asking_of(choice, models, own=number == 0)
                given = asked(name, models, asking, items)
                foreseen = replace(asking, limits=SequenceLimits(source=asking.limits.source, target=target))
                bits = held.bits(replace(given, asking=foreseen))
                told = held.answers(given, Manner(max_new_tokens=asking.limits.target)) if number == 0 else None
                yield Measured(
                    row=name,
                    choice=choice,
                    items=items,
                    limits=asking.limits,
                    cut=cut_of(models, items, asking).shares,
                    answers=_answers(items, bits, told),
                    is_own=number == 0,
                )


def longest_answer(experiment: Experiment, trained: Mapping[str, int]) -> int:
    """Tokens of the longest answer that any row may give; ``trained``: those of each cell."""
    return max(choice.max_target_length or trained[choice.cell] for choice in experiment.rows.values())


def _answers(items: Items, bits: Sequence[Bits], told: Sequence[Answer] | None) -> Answers:
    """Where nothing was answered, only the columns of bits may be looked at."""
    measured = {
        BITS: [float(each.bits) for each in bits],
        CHARACTERS: [float(each.characters) for each in bits],
    }
    return Answers(
        prompts=items.prompts,
        references=items.references,
        predictions=[""] * len(items) if told is None else [answer.text for answer in told],
        cut=[False] * len(items) if told is None else [not answer.finished for answer in told],
        measured=measured,
    )
