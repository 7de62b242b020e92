"""The score table that a verdict is a function of: what was measured of one domain, as shares with intervals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from train.judging.intervals import Interval

Base = Literal["trained", "tiny", "random"]
"""``tiny`` and ``random`` bases show that the machinery works, and nothing about the 6B."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """None, or a mapping that is empty, means: not measured."""

    items: int
    """Held-out items."""
    examples: int
    """Training examples."""
    base: Base = "trained"

    total: Interval
    """Share of the bare base's bits that the tuned model saves. This and the next three: ``judging/gains.py``."""
    prompting: Interval | None = None
    """What the best prompt (presets, few-shot) saves without any tuning."""
    saved: Interval | None = None
    """What the tuned model saves beyond the best prompt."""
    content: Interval | None = None
    """What tuning saves with the item's own prompt beyond what it saves with another one."""
    whole: Interval | None = None
    """``saved``, over the items of which nothing was cut."""
    cut: float = 0.0
    """Share of items whose prompt, history or reference did not fit."""
    p: float | None = None
    """Of ``saved``, after Holm's correction over the domains of the report; None for a domain alone."""

    against_base: Interval | None = None
    """Primary text metric, tuned less best-prompted base, as a share of its scale."""
    against_copy: Interval | None = None
    against_retrieval: Mapping[str, Interval] = field(default_factory=dict)
    """Tuned less retrieval, by text metric."""
    retrieved: Interval | None = None
    """Primary text metric, nearest training answer less any training answer."""

    forgetting: Mapping[str, Interval] = field(default_factory=dict)
    """By other domain: the share of the base's bits there that the tuned model needs more."""
    doubling: Interval | None = None
    """Share of the bare base's bits that twice the data would save further; None without a (sufficient) curve."""
    preferred: Interval | None = None
    """Share of rated items on which people chose the tuned answer."""
