"""MinHash signatures cut into bands: texts that are alike very probably agree in one of them.

Broder: On the resemblance and containment of documents (1997); banding as in Leskovec, Rajaraman, Ullman: Mining of
Massive Datasets, chapter 3.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import polars as pl

from pipeline.arrays import Bands
from pipeline.near.shingles import blocks, shingles
from pipeline.near.sides import compared
from pipeline.options import ConvertOptions

_PERMUTATIONS = 112
_RECALL = 0.97
_SEED = 20230314
_WORD = 1 << 32
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
    permuted = np.ascontiguousarray(hashes.view(np.uint32)[1::2])
    factors, folders = _factors(banding)
    least = np.empty((len(factors), len(texts)), dtype=np.uint32)
    for factor, smallest in zip(factors, least, strict=True):
        np.multiply(permuted, factor, out=permuted)
        np.minimum.reduceat(permuted, starts[:-1], out=smallest)
    folded = np.zeros((banding.bands, len(texts)), dtype=np.uint64)
    for row, folder in enumerate(folders):
        folded += least[row :: banding.rows] * folder
    folded ^= folded >> np.uint64(32)
    return folded.T


@cache
def _factors(banding: Banding) -> tuple[list[np.uint32], list[np.uint64]]:
    """Odd factors: each permutes the numbers of 32 bits, taken from the permutation before it to its own, or folds one
    row of a band into its hash."""
    drawn = np.random.Generator(np.random.PCG64(_SEED)).integers(0, 1 << 63, _PERMUTATIONS + banding.rows, np.uint64)
    odd = drawn * np.uint64(2) + np.uint64(1)
    own = [1, *(odd[: banding.bands * banding.rows] & np.uint64(_WORD - 1)).tolist()]
    steps = [np.uint32(after * pow(before, -1, _WORD) % _WORD) for before, after in pairwise(own)]
    return steps, list(odd[_PERMUTATIONS:])
