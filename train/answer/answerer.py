"""A model that is ready to answer, and how it is asked: as its training asked it, prompt for prompt."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import torch

from schemas.records import HISTORY
from schemas.statistics import SequenceLimits
from train.encoding.examples import Ids
from train.encoding.form import PLAIN, Form, Wording
from train.families.family import Encoding, Family, Tokenizer
from train.methods.method import Model

_EVERYTHING = 1_000_000_000
"""Tokens: a limit that cuts nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What of a recipe decides how a model is asked, and how long it may answer."""

    encoding: Encoding = "default"
    wording: Wording = PLAIN
    limits: SequenceLimits = field(default_factory=lambda: SequenceLimits(source=2048, target=512))
    """In tokens; ``target`` bounds the answer."""

    def in_words(self) -> str:
        """How a question is put, where it is not put bare."""
        asked = self.wording.dialogue("{question}", [])
        return f"{asked.prefix}{asked.question}" if asked != PLAIN.dialogue("{question}", []) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerer:
    """A model in evaluation mode with its tokenizer."""

    model: Model
    tokenizer: Tokenizer
    family: Family
    asking: Asking = field(default_factory=Asking)
    method: str | None = None
    """Of the tuning; None for a base."""

    @property
    def device(self) -> torch.device:
        device: torch.device = self.model.device
        return device

    @property
    def form(self) -> Form:
        """How prompts and answers are written down."""
        return self.family.written(self.tokenizer, self.asking.encoding)

    @property
    def ends(self) -> tuple[int, ...]:
        """Tokens that end an answer; the first is the one that training teaches."""
        return self.form.end, *self.form.stops

    def prompts(self, records: pl.DataFrame) -> list[Ids]:
        """What the model is asked, one entry a record; every record must have a prompt."""
        return self._prompts(records, self.asking.limits)

    def prompt(self, question: str, history: Sequence[Sequence[str]] = ()) -> tuple[Ids, bool]:
        """What it is asked after these turns, and whether the limits cut something off."""
        turns = pl.Series("history", [[list(turn) for turn in history]], dtype=HISTORY)
        record = pl.DataFrame({"prompt": [question]}).with_columns(turns)
        [asked] = self._prompts(record, self.asking.limits)
        [whole] = self._prompts(record, SequenceLimits(source=_EVERYTHING, target=1))
        return asked, asked != whole

    def text(self, ids: Ids) -> str:
        """An answer as text, before ``family.tidy``."""
        return self.family.text(self.tokenizer, ids)

    def _prompts(self, records: pl.DataFrame, limits: SequenceLimits) -> list[Ids]:
        asking: dict[str, Any] = {"encoding": self.asking.encoding, "wording": self.asking.wording}
        return self.family.encode_prompts(records, self.tokenizer, limits, **asking)
