"""The true Jaccard similarity of pairs of texts: 5-grams that both have among those that either has."""

from collections.abc import Callable

import numpy as np
import polars as pl

from pipeline.arrays import Hashes, Numbers, Shares, distinct
from pipeline.near.shingles import blocks, shingles

Texts = Callable[[Numbers], pl.Series]
"""The texts of these lines, which are in order and each there once."""
_BITS = np.uint64(40)
"""Of a gram's hash that are compared; the number of the text or pair stands above them."""
_BATCH_CHARS = 4_000_000


def similarities(left: Numbers, right: Numbers, texts: Texts, chars: Numbers) -> Shares:
    """Of each line of ``left`` with the same line of ``right``; ``chars`` is the length of every text."""
    found = [np.empty(0, dtype=np.float64)]
    sizes = np.cumsum(chars[left] + chars[right])
    cuts = np.flatnonzero(np.diff(sizes // _BATCH_CHARS)) + 1
    for pairs in np.split(np.arange(len(left)), cuts):
        if len(pairs):
            found.append(_batch(left[pairs], right[pairs], texts))
    return np.concatenate(found)


def _batch(left: Numbers, right: Numbers, texts: Texts) -> Shares:
    lines, places = np.unique(np.concatenate((left, right)), return_inverse=True)
    made = [shingles(block) for block in blocks(texts(lines))]
    hashes = np.concatenate([block for block, _ in made])
    grams = distinct(_numbered(hashes, np.concatenate([np.diff(starts) for _, starts in made])))
    sizes = np.bincount((grams >> _BITS).astype(np.int64), minlength=len(lines))
    begins = np.concatenate(([0], np.cumsum(sizes)))[:-1]
    sides = places[: len(left)], places[len(left) :]
    both = np.concatenate([_of_pairs(side, grams, begins, sizes) for side in sides])
    both.sort()
    shared = both[1:][both[1:] == both[:-1]]
    common = np.bincount((shared >> _BITS).astype(np.int64), minlength=len(left))
    return np.asarray(common / (sizes[sides[0]] + sizes[sides[1]] - common), dtype=np.float64)


def _of_pairs(side: Numbers, grams: Hashes, begins: Numbers, sizes: Numbers) -> Hashes:
    """The grams of one side of every pair, under the number of the pair."""
    lengths = sizes[side]
    ends = np.cumsum(lengths)
    at = np.arange(ends[-1]) + np.repeat(begins[side] - ends + lengths, lengths)
    return _numbered(grams[at] << (np.uint64(64) - _BITS), lengths)


def _numbered(hashes: Hashes, lengths: Numbers) -> Hashes:
    """The upper bits of the hashes behind the number of what they belong to."""
    numbers = np.repeat(np.arange(len(lengths), dtype=np.uint64), lengths)
    return (numbers << _BITS) | (hashes >> (np.uint64(64) - _BITS))
