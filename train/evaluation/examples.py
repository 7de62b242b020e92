"""Answers side by side: where tuning helped most, least, and about as much as usual."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from schemas.report import Example
from train.evaluation.measurement import TUNED, Measurement

EACH = 3
Kind = Literal["best", "worst", "median"]


def examples_of(measurement: Measurement, each: int = EACH) -> list[Example]:
    """Chosen by the bits per character that tuning saves against the best base; no item twice."""
    if TUNED not in measurement.answers:
        return []
    gain = (measurement.bits["best"] - measurement.bits["tuned"]) / measurement.characters
    order = np.argsort(-gain, kind="stable").tolist()
    return [_example(measurement, kind, place, float(gain[place])) for kind, place in _chosen(order, each)]


def _chosen(order: Sequence[int], each: int) -> Iterator[tuple[Kind, int]]:
    """Of few items less than ``each``."""
    number = min(each, -(-len(order) // 3))
    rest = order[number:]
    worst = rest[::-1][:number]
    between = rest[: len(rest) - len(worst)]
    start = max(0, (len(between) - number) // 2)
    kinds: dict[Kind, Sequence[int]] = {
        "best": order[:number],
        "worst": worst,
        "median": between[start : start + number],
    }
    for kind, places in kinds.items():
        for place in places:
            yield kind, place


def _example(measurement: Measurement, kind: Kind, place: int, gain: float) -> Example:
    base, tuned = measurement.answers[measurement.best_base], measurement.answers[TUNED]
    items = measurement.items
    return Example(
        kind=kind,
        prompt=items.prompts[place],
        reference=items.references[place],
        base=base.predictions[place],
        tuned=tuned.predictions[place],
        gain=gain,
        record=items.names[place],
    )
