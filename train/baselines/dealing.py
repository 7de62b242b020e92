"""Texts dealt out anew: another item's prompt in place of one's own, any training answer in place of the nearest."""

from collections.abc import Sequence

import numpy as np


def another(texts: Sequence[str], *, seed: int) -> list[str]:
    """For each item the text of another; a different text, as long as no single text fills more than half of all."""
    order = _by_text(texts, seed)
    most = max((len(same) for same in order), default=0)
    flat = [place for same in order for place in same]
    dealt = [""] * len(texts)
    for position, place in enumerate(flat):
        dealt[place] = texts[flat[(position + most) % len(flat)]]
    return dealt


def any_of(texts: Sequence[str], count: int, *, seed: int) -> list[str]:
    """``count`` of the texts, drawn with repetition."""
    if not texts:
        return [""] * count
    return [texts[place] for place in np.random.default_rng(seed).integers(0, len(texts), count)]


def _by_text(texts: Sequence[str], seed: int) -> list[list[int]]:
    """Items of the same text together, the texts in random order: a step over the longest run leaves every run."""
    places: dict[str, list[int]] = {}
    for place in np.random.default_rng(seed).permutation(len(texts)).tolist():
        places.setdefault(texts[place], []).append(place)
    return list(places.values())
