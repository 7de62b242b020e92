"""The character 5-grams of texts, as hashes; characters because Chinese has no words that one could cut at."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.arrays import Hashes, Numbers

WIDTH = 5
_PADDING = WIDTH - 1
_BLOCK = 1 << 17
"""Characters that are worked on at a time: what is made of them stays in the cache."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SQUARE = np.uint64(0x9E3779B97F4A7C15**2 % (1 << 64))
_MIXER = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(32)


def blocks(texts: pl.Series) -> Iterator[pl.Series]:
    """The texts in slices of about as many characters as fit into the cache."""
    begin = 0
    place = np.cumsum(_lengths(texts)) // _BLOCK
    for end in [*(np.flatnonzero(np.diff(place)) + 1).tolist(), len(texts)]:
        if end > begin:
            yield texts.slice(begin, end - begin)
        begin = end


def shingles(texts: pl.Series) -> tuple[Hashes, Numbers]:
    """The hashes of the 5-grams of all texts, one text behind the other, and where those of each begin (and the end).

    A text of fewer characters has one, itself. Every text has some more hashes than characters: a gram that occurs
    twice stands there twice, and the first one again behind the last.
    """
    lengths = _lengths(texts)
    joined = (texts.str.join("\0" * _PADDING).item() + "\0" * 2 * _PADDING).encode("utf-32-le")
    hashes = _hashed(np.frombuffer(joined, dtype=np.uint32).astype(np.uint64))
    starts = np.concatenate(([0], np.cumsum(lengths + _PADDING)))
    first, last = hashes[starts[:-1]], starts[1:] - 1
    beyond = starts[:-1] + np.maximum(lengths - _PADDING, 1)
    for step in range(2 * _PADDING):
        hashes[np.minimum(beyond + step, last)] = first
    return hashes, starts


def _lengths(texts: pl.Series) -> Numbers:
    return texts.str.len_chars().to_numpy().astype(np.int64)


def _hashed(codes: Hashes) -> Hashes:
    """Of every five codes that follow each other: polynomials of the factor, then mixed until every bit of the outcome
    depends on every code."""
    pairs = codes[:-1] * _FACTOR
    pairs += codes[1:]
    hashes = pairs[: len(codes) - _PADDING] * _SQUARE
    hashes += pairs[2 : 2 + len(hashes)]
    hashes *= _FACTOR
    hashes += codes[_PADDING:]
    shifted = pairs[: len(hashes)]
    for factor in (_MIXER, _FACTOR):
        np.right_shift(hashes, _SHIFT, out=shifted)
        hashes ^= shifted
        hashes *= factor
    np.right_shift(hashes, _SHIFT, out=shifted)
    hashes ^= shifted
    return hashes
