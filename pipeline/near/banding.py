"""MinHash signatures cut into bands: texts that are alike very probably agree in one of them.

Broder: On the resemblance and containment of documents (1997); banding as in Leskovec, Rajaraman, Ullman: Mining of
Massive Datasets, chapter 3.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.arrays import Bands
from pipeline.near.shingles import blocks, shingles
from pipeline.near.sides import compared
from pipeline.options import ConvertOptions

_PERMUTATIONS = 112
_RECALL = 0.97
_SEED = 20230314
BANDS = "bands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Banding:
    """So many bands of so many rows each."""

    bands: int
    rows: int

    def recall(self, similarity: float) -> float:
        """The probability that two texts of this Jaccard similarity agree in a band."""
        return 1.0 - (1.0 - similarity**self.rows) ** self.bands


def banding_for(threshold: float) -> Banding:
    """The longest bands, which give the fewest false candidates, that still find 97 % of the pairs at the threshold
    itself, and more of those above it."""
    possible = [Banding(bands=_PERMUTATIONS // rows, rows=rows) for rows in range(1, 29)]
    return max((each for each in possible if each.recall(threshold) >= _RECALL), key=lambda each: each.rows)


def with_bands(records: pl.DataFrame, options: ConvertOptions) -> pl.DataFrame:
    """Add the column ``bands`` where near duplicates are looked for."""
    if options.near_dedup is None:
        return records
    return records.with_columns(bands_of(compared(records, options.near_dedup_on), banding_for(options.near_dedup)))


def bands_of(texts: pl.Series, banding: Banding) -> pl.Series:
    """One hash for every band of every text, as an array column."""
    made = [_bands(block, banding) for block in blocks(texts)]
    whole = np.concatenate(made) if made else np.empty((0, banding.bands), dtype=np.uint64)
    return pl.Series(BANDS, whole, dtype=pl.Array(pl.UInt64, banding.bands))


def _bands(texts: pl.Series, banding: Banding) -> Bands:
    hashes, starts = shingles(texts)
    grams = (hashes >> np.uint64(32)).astype(np.uint32)
    permuted = np.empty_like(grams)
    least = np.empty(len(texts), dtype=np.uint32)
    folded = np.zeros((len(texts), banding.bands), dtype=np.uint64)
    factors, folders = _factors(banding)
    for number, factor in enumerate(factors):
        np.multiply(grams, factor, out=permuted)
        np.minimum.reduceat(permuted, starts[:-1], out=least)
        folded[:, number // banding.rows] += least * folders[number % banding.rows]
    folded ^= folded >> np.uint64(32)
    return folded


def _factors(banding: Banding) -> tuple[list[np.uint32], list[np.uint64]]:
    """Odd factors: each permutes the numbers of 32 bits, or folds one row of a band into its hash."""
    drawn = np.random.Generator(np.random.PCG64(_SEED)).integers(0, 1 << 63, _PERMUTATIONS + banding.rows, np.uint64)
    odd = drawn * np.uint64(2) + np.uint64(1)
    used = banding.bands * banding.rows
    return list((odd[:used] & np.uint64(0xFFFFFFFF)).astype(np.uint32)), list(odd[_PERMUTATIONS:])
