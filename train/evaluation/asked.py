"""What is asked of a model, and how a plan shows it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from train.answer.answerer import Asking
from train.encoding.examples import Ids
from train.evaluation.models import Side

Kind = Literal["bits", "answers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Prompts for a model, by the number of their record, and the answers that are expected."""

    name: str
    """For people: ``base: bare, legal test``."""
    side: Side
    asking: Asking
    prompts: Mapping[int, Ids]
    references: Mapping[int, str]

    def digest(self, kind: Kind) -> str:
        """Of the tokens; references are of no matter to answers."""
        sides = [
            [record, ids, self.references[record] if kind == "bits" else ""] for record, ids in self.prompts.items()
        ]
        return hashlib.sha256(json.dumps(sides).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A cell, as a plan shows it."""

    name: str
    kind: Kind
    side: Side
    items: int
    tokens: int
    """Of the prompts."""
    most_new_tokens: int
    """That answers may take."""
    reference_characters: int
    is_there: bool

    @classmethod
    def of(cls, kind: Kind, asked: Asked, *, is_there: bool) -> "Planned":
        items, target = len(asked.prompts), asked.asking.limits.target
        new = target * items if kind == "answers" else 0
        return cls(
            name=asked.name,
            kind=kind,
            side=asked.side,
            items=items,
            tokens=sum(map(len, asked.prompts.values())),
            most_new_tokens=new,
            reference_characters=sum(map(len, asked.references.values())),
            is_there=is_there,
        )
