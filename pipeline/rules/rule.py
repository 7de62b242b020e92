"""A rule: a reason for which a record does not pass, when it is asked, and which records it marks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from schemas.limits import LengthLimits, Unit

Pii = Literal["keep", "mask", "drop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOptions:
    """What a user may ask of the rules; as it stands only the schema is checked."""

    content: LengthLimits = field(default_factory=LengthLimits)
    summary: LengthLimits = field(default_factory=LengthLimits)
    unit: Unit = "chars"
    min_chinese: float | None = None
    """Smallest share of Chinese characters among the letters of a record, 0 to 1."""
    drop_refusals: bool = False
    drop_counter_questions: bool = False
    drop_front_matter: bool = False
    pii: Pii = "keep"
    """``mask`` is no rule: ``pii.mask_personal_data`` does it before the records are judged."""

    @property
    def needs_lengths(self) -> bool:
        """Whether the frame must have ``prompt_length`` and ``response_length``."""
        return self.content != LengthLimits() or self.summary != LengthLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Pure: expressions over the columns of a record, and over its two lengths where ``needs_lengths`` says so."""

    reason: str
    """A code of ``schemas/reasons.py``."""
    about: str
    asked: Callable[[RuleOptions], bool]
    marks: Callable[[RuleOptions], pl.Expr]
    """True for records that do not pass; null counts as false."""
    detail: Callable[[RuleOptions], pl.Expr] | None = None
    """What was found, as text; evaluated for marked records only."""


def always(_options: RuleOptions) -> bool:
    return True
