"""All that was measured on one dataset; nothing is judged yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from schemas.dataset import PreparedDataset
from train.evaluation.asked import Asked
from train.evaluation.bits import Bits
from train.evaluation.cut import Cut
from train.evaluation.held_out import Items
from train.evaluation.models import Models
from train.evaluation.ways import Way
from train.judging.bootstrap import Array
from train.metrics.metric import Answers

COPY, RETRIEVAL, ANY, TUNED = "copy", "retrieval", "any training answer", "tuned"


@dataclass(frozen=True, kw_only=True, eq=False)
class Elsewhere:
    """Bits on another dataset, base and tuned asked alike."""

    base: Array
    tuned: Array
    characters: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Measurement:
    """Of one dataset; nothing is judged yet. ``bits`` hold one value an item, in the items' order."""

    dataset: PreparedDataset
    models: Models
    items: Items
    examples: int
    """That were learnt, or could be."""
    lengths: Mapping[str, Mapping[int, int]]
    """Of the training records: ``content``, ``summary`` -> characters -> records."""
    ways: Mapping[str, float]
    """Bits per character on dev of each way to ask the base."""
    untried: Mapping[str, int]
    """Those that left no room for a question: tokens of their own words."""
    best: Way
    bits: Mapping[str, Array]
    """``bare``, ``best``, ``best shuffled``; of a tuned model also ``own``, ``own shuffled`` (the base asked as it is
    asked), ``tuned`` and ``tuned shuffled``."""
    characters: Array
    answers: Mapping[str, Answers]
    """By way of answering."""
    cut: Cut
    asked: Asked
    """How the model that is judged was asked: the tuned one, else the base in its best way."""
    elsewhere: Mapping[str, Elsewhere] = field(default_factory=dict)

    @property
    def best_base(self) -> str:
        return base_name(self.best)


def base_name(way: Way) -> str:
    return f"base: {way.name}"


def bits_of(rows: Sequence[Bits]) -> Array:
    return np.array([row.bits for row in rows], dtype=np.float64)


def characters_of(rows: Sequence[Bits]) -> Array:
    return np.array([row.characters for row in rows], dtype=np.float64)
