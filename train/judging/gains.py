"""What tuning saves of the base's bits, and of that what is content and what is style.

All shares have one denominator, the bits that the untuned base needs with the bare content, so they add up:
what a prompt saves and what tuning saves beyond it are what tuning saves in all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from train.judging.bootstrap import RESAMPLES, Array, Estimate, estimate, resampled_means


@dataclass(frozen=True, slots=True, kw_only=True)
class Bits:
    """Minus log2 of each reference's probability, of the same items, for every way to ask. Shape of each: (items,)."""

    bare: Array
    """The base, asked with the bare content."""
    prompted: Array
    """The base, asked in the best way: chosen on dev."""
    base_own: Array
    """The base, asked as the tuned model is."""
    base_other: Array
    """The same with the prompt of another item in place of its own."""
    tuned_own: Array
    tuned_other: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Gains:
    """Shares of the base's bits."""

    total: Estimate
    """Saved by the tuned model, against the bare base."""
    prompting: Estimate
    """Saved by the best prompt alone."""
    saved: Estimate
    """Saved by the tuned model beyond the best prompt."""
    style: Estimate
    """What tuning saves with another item's prompt: not about this input."""
    content: Estimate
    """What it saves more with the item's own prompt."""


_SHARES: Mapping[str, Mapping[str, int]] = {
    "total": {"bare": 1, "tuned_own": -1},
    "prompting": {"bare": 1, "prompted": -1},
    "saved": {"prompted": 1, "tuned_own": -1},
    "style": {"base_other": 1, "tuned_other": -1},
    "content": {"base_own": 1, "tuned_own": -1, "base_other": -1, "tuned_other": 1},
}


def gains(bits: Bits, *, seed: int, resamples: int = RESAMPLES) -> Gains:
    """Every share of one draw of items."""
    names = [field.name for field in fields(bits)]
    columns = np.column_stack([getattr(bits, name) for name in names])
    means = resampled_means(columns, seed=seed, resamples=resamples)
    return Gains(**{share: _share(columns, means, names, signs) for share, signs in _SHARES.items()})


def _share(columns: Array, means: Array, names: list[str], signs: Mapping[str, int]) -> Estimate:
    weights = np.array([signs.get(name, 0) for name in names], dtype=np.float64)
    bare = names.index("bare")
    return estimate(columns, means, lambda of: (of @ weights) / of[..., bare])


def forgetting(base: Array, tuned: Array, *, seed: int, resamples: int = RESAMPLES) -> Estimate:
    """The share by which items of another domain cost the tuned model more bits than the base."""
    columns = np.column_stack([base, tuned])
    means = resampled_means(columns, seed=seed, resamples=resamples)
    return estimate(columns, means, lambda of: of[..., 1] / of[..., 0] - 1)
