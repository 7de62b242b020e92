"""What the official preprocessing of a family has to say: ``official.py`` and ``conversations.py`` are two."""

from collections.abc import Sequence
from typing import Any, Protocol

import polars as pl

from schemas.statistics import SequenceLimits, TruncationLosses
from train.encoding.examples import Examples, Ids
from train.encoding.form import Wording


class Preprocessing(Protocol):
    """Records of ``prompt``, ``response`` and, for dialogues, ``history``; those without both sides are left out."""

    @property
    def learns_every_answer(self) -> bool:
        """Whether all answers of a dialogue carry loss, not the last alone."""

    def examples(
        self,
        records: pl.DataFrame,
        tokenizer: Any,
        limits: SequenceLimits,
        *,
        wording: Wording,
        ignore_pad_token_for_loss: bool,
    ) -> Examples:
        """Training examples."""

    def prompts(self, records: pl.DataFrame, tokenizer: Any, limits: SequenceLimits, *, wording: Wording) -> list[Ids]:
        """What the model is asked in evaluation, one entry a record."""

    def losses(
        self, records: pl.DataFrame, tokenizer: Any, limits: Sequence[SequenceLimits], *, wording: Wording
    ) -> list[TruncationLosses]:
        """What the training examples lack at each pair of limits."""
