"""What of each item did not fit the limits: its prompt, earlier turns, or its reference answer."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schemas.statistics import SequenceLimits
from train.answer.answerer import Asking
from train.evaluation.held_out import Items
from train.evaluation.models import Models

Flags = npt.NDArray[np.bool_]
_EVERYTHING = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """One flag an item."""

    prompt: Flags
    history: Flags
    answer: Flags

    @property
    def any(self) -> Flags:
        return self.prompt | self.history | self.answer

    @property
    def shares(self) -> Mapping[str, float]:
        sides = {"prompt": self.prompt, "history": self.history, "answer": self.answer}
        return {name: float(flags.mean()) for name, flags in sides.items()}


def cut_of(models: Models, items: Items, asking: Asking) -> Cut:
    """As ``prep stats`` counts it; only the items that lose something are looked at one by one."""
    records = items.records.drop("record")
    everything = Asking(
        encoding=asking.encoding,
        wording=asking.wording,
        limits=SequenceLimits(source=_EVERYTHING, target=asking.limits.target),
    )
    given, whole = models.prompts(records, asking), models.prompts(records, everything)
    answers = models.family.written(models.tokenizer, asking.encoding).answers(items.references)
    flags = {name: np.zeros(len(items), dtype=np.bool_) for name in ("prompt", "history", "answer")}
    rule = models.family.rule(models.tokenizer, asking.encoding, asking.wording)
    for place, (ids, all_ids, answer) in enumerate(zip(given, whole, answers, strict=True)):
        flags["answer"][place] = len(answer) > asking.limits.target
        if ids != all_ids:
            [losses] = rule.losses(records[place], "chat", [asking.limits])
            flags["prompt"][place], flags["history"][place] = losses.questions_cut > 0, losses.turns_cut > 0
    return Cut(**flags)
