"""Whether answers are of any use at all: neither empty nor one thing over and over again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_AGAIN = re.compile(r"(.{1,40}?)\1{3,}", re.DOTALL)
"""Up to 40 characters, at least four times in a row."""
_SHORTEST = 16
"""Characters below which a repetition is no loop: 哈哈哈哈."""
_SHARE = 0.5
"""Of an answer that is one repetition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ills:
    """Of one evaluation's answers."""

    answers: int
    empty: int
    repeating: int

    @property
    def all_empty(self) -> bool:
        return self.answers > 0 and self.empty == self.answers

    @property
    def all_useless(self) -> bool:
        return self.answers > 0 and self.empty + self.repeating == self.answers


def ills(answers: Sequence[str]) -> Ills:
    return Ills(
        answers=len(answers),
        empty=sum(not answer.strip() for answer in answers),
        repeating=sum(is_repeating(answer) for answer in answers),
    )


def is_repeating(answer: str) -> bool:
    """Whether at least half of an answer is one piece of text, four times or more in a row."""
    text = answer.strip()
    longest = max((len(found[0]) for found in _AGAIN.finditer(text)), default=0)
    return longest >= max(_SHORTEST, _SHARE * len(text))
