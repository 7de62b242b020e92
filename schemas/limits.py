"""Bounds on the length of a text, and the units that they are counted in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Unit = Literal["chars", "words", "tokens"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthLimits:
    """Bounds on one side of a record, both ends included."""

    minimum: int | None = None
    maximum: int | None = None


class TokenCounter(Protocol):
    """What the pipeline needs of a tokenizer; ``prep/cli`` hands one in when ``--tokenizer`` asks for it."""

    @property
    def name(self) -> str:
        """What the manifest calls it."""
        ...

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens not counted."""
        ...
