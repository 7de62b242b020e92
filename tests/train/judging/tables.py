"""Score tables for tests: one that is suitable beyond doubt, and noisy ones around a known truth."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from train.judging.evidence import Evidence
from train.judging.intervals import Interval


def sure(value: float, half: float = 0.005) -> Interval:
    return Interval(value, value - half, value + half)


SUITABLE = Evidence(
    items=1000,
    examples=4000,
    total=sure(0.35),
    prompting=sure(0.15),
    saved=sure(0.20),
    content=sure(0.10),
    against_base=sure(0.08),
    against_copy=sure(0.20),
    against_retrieval={"ROUGE-L": sure(0.10), "BLEU-4": sure(0.10)},
    retrieved=sure(0.03),
    forgetting={"legal": sure(0.01), "instruct": sure(0.02)},
    doubling=sure(0.01),
)


def but(**changes: Any) -> Evidence:
    return replace(SUITABLE, **changes)


SPREADS: Mapping[str, float] = {
    "total": 0.4,
    "prompting": 0.3,
    "saved": 0.35,
    "content": 0.3,
    "whole": 0.35,
    "against_base": 0.25,
    "against_copy": 0.25,
    "against_retrieval": 0.25,
    "retrieved": 0.3,
    "forgetting": 0.3,
    "doubling": 0.15,
}
"""Standard deviation of one item's contribution, as a share of the mean: what real runs show is of this size."""


def noisy(truth: Evidence, generator: np.random.Generator, spread: float = 1.0) -> Evidence:
    """What an experiment with so many items would measure where ``truth`` is true: estimates and their widths vary."""
    drawn = {
        name: _drawn(getattr(truth, name), deviation * spread, truth.items, generator)
        for name, deviation in SPREADS.items()
    }
    return replace(truth, **drawn)


def _drawn(truth: Any, deviation: float, items: int, generator: np.random.Generator) -> Any:
    if isinstance(truth, Mapping):
        return {name: _drawn(value, deviation, items, generator) for name, value in truth.items()}
    if truth is None:
        return None
    error = deviation / np.sqrt(items)
    value = float(truth.value + generator.normal(0, error))
    half = 1.96 * error * float(np.sqrt(generator.chisquare(items - 1) / (items - 1)))
    return Interval(value, value - half, value + half)
