"""The true Jaccard similarity of pairs of texts: 5-grams that both have among those that either has."""

from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl

from pipeline.arrays import Hashes, Numbers, Pairs, Shares, distinct
from pipeline.engine.local import in_order
from pipeline.near.shingles import blocks, shingles

Texts = Callable[[Numbers], pl.Series]
"""The texts of these lines, which are in order and each there once."""
_BITS = np.uint64(40)
"""Of a gram's hash that are compared; the number of the text or pair stands above them."""
_FETCHED_CHARS = 4_000_000
"""Of texts that are asked for at a time: they may lie in many files."""
_BATCH_CHARS = 500_000
"""Of texts that are compared at a time: what is made of them stays in the cache."""


def similarities(left: Numbers, right: Numbers, texts: Texts, chars: Numbers) -> Shares:
    """Of each line of ``left`` with the same line of ``right``; ``chars`` is the length of every text."""
    found = [np.empty(0, dtype=np.float64)]
    pairs = np.stack((left, right))
    for fetched in _cut(pairs, chars, _FETCHED_CHARS):
        lines, places = np.unique(fetched, return_inverse=True)
        batches = _cut(places.reshape(fetched.shape), chars[lines], _BATCH_CHARS)
        found += in_order(partial(_batch, texts(lines)), batches)
    return np.concatenate(found)


def _cut(pairs: Pairs, chars: Numbers, limit: int) -> list[Pairs]:
    """Pairs of texts in pieces of about so many characters."""
    sizes = np.cumsum(chars[pairs].sum(axis=0))
    cuts = np.flatnonzero(np.diff(sizes // limit)) + 1
    return [piece for piece in np.split(pairs, cuts, axis=1) if piece.shape[1]]


def _batch(texts: pl.Series, pairs: Pairs) -> Shares:
    lines, places = np.unique(pairs, return_inverse=True)
    made = [shingles(block) for block in blocks(texts.gather(lines))]
    hashes = np.concatenate([block for block, _ in made])
    grams = distinct(_numbered(hashes, np.concatenate([np.diff(starts) for _, starts in made])))
    sizes = np.bincount((grams >> _BITS).astype(np.int64), minlength=len(lines))
    begins = np.concatenate(([0], np.cumsum(sizes)))[:-1]
    left, right = places.reshape(pairs.shape)
    both = np.concatenate([_of_pairs(side, grams, begins, sizes) for side in (left, right)])
    both.sort()
    shared = both[1:][both[1:] == both[:-1]]
    common = np.bincount((shared >> _BITS).astype(np.int64), minlength=len(left))
    return np.asarray(common / (sizes[left] + sizes[right] - common), dtype=np.float64)


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
