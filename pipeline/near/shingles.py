"""The character 5-grams of texts, as hashes; characters because Chinese has no words that one could cut at."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.arrays import Hashes, Numbers

WIDTH = 5
_BLOCK = 1 << 16
"""Characters that are worked on at a time: what is made of them stays in the cache."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_MIXER = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(32)


def blocks(texts: pl.Series) -> Iterator[pl.Series]:
    """The texts in slices of about as many characters as fit into the cache."""
    if texts.is_empty():
        return
    number = (texts.str.len_chars().cast(pl.UInt64).cum_sum() // _BLOCK).rle().struct.field("len")
    begin = 0
    for length in number.to_list():
        yield texts.slice(begin, length)
        begin += length


def shingles(texts: pl.Series) -> tuple[Hashes, Numbers]:
    """The hashes of the 5-grams of all texts, one text behind the other, and where those of each begin (and the end).

    A text of fewer characters has one, itself. A gram that occurs twice stands there twice.
    """
    lengths = texts.str.len_chars().cast(pl.Int64).to_numpy()
    joined = (texts.str.join("\0" * (WIDTH - 1)).item() + "\0" * (WIDTH - 1)).encode("utf-32-le")
    codes = np.frombuffer(joined, dtype=np.uint32).astype(np.uint64)
    counts = np.maximum(lengths - WIDTH + 1, 1)
    ends = np.cumsum(lengths + WIDTH - 1)
    firsts_beyond = ends - (lengths + WIDTH - 1) + counts
    is_gram = np.ones(len(codes), dtype=np.bool_)
    for step in range(2 * (WIDTH - 1)):
        is_gram[np.minimum(firsts_beyond + step, ends - 1)] = False
    rolled = codes[: len(codes) - WIDTH + 1].copy()
    for step in range(1, WIDTH):
        rolled *= _FACTOR
        rolled += codes[step : len(codes) - WIDTH + 1 + step]
    hashes = _mixed(rolled[is_gram[: len(rolled)]])
    return hashes, np.concatenate(([0], np.cumsum(counts)))


def _mixed(hashes: Hashes) -> Hashes:
    """Every bit of the outcome depends on every character: the hashes so far are linear in the characters."""
    hashes ^= hashes >> _SHIFT
    hashes *= _MIXER
    hashes ^= hashes >> _SHIFT
    hashes *= _FACTOR
    hashes ^= hashes >> _SHIFT
    return hashes
