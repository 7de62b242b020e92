"""What near duplicates are looked for in: the bands of all records, and their texts where two must be compared."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.arrays import Flags, Numbers, Shares
from pipeline.kept_part import KeptPart
from pipeline.near.banding import BANDS
from pipeline.near.columns import BandTable, HeldBands, SpilledBands
from pipeline.near.jaccard import similarities
from pipeline.near.texts import Shelf, SpooledTexts
from pipeline.options import ConvertOptions
from pipeline.spill import Spill
from schemas.places import ROW

_ROW_BITS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Of records in their order; those that other datasets hold out stand in front."""

    held: pl.DataFrame
    """Keys of the records of other datasets, with the ``name`` of their file."""
    bands: BandTable | None
    """A row for every record, those in front included; none where only equal prompts are looked for."""
    chars: Numbers
    row: Numbers
    """The source row of each."""
    turns: Numbers
    """Of the history of each."""
    texts: SpooledTexts
    threshold: float
    """Near duplicates are those at or above it."""

    def similarities(self, left: Numbers, right: Numbers) -> Shares:
        """The true ones, of pairs."""
        return similarities(left, right, self.texts, self.chars)

    def of_kept(self, is_kept: Flags) -> Flags:
        """Flags of the lines of the sources as flags of all."""
        return np.concatenate((np.zeros(self.held.height, dtype=np.bool_), is_kept))


def memory_of(
    held: pl.DataFrame,
    keys: pl.DataFrame,
    parts: Sequence[KeptPart | Shelf],
    options: ConvertOptions,
    spill: Spill | None = None,
) -> Memory:
    """Remember the keys of other datasets and those of the sources; ``parts`` are those of both."""
    both = pl.concat([frame.drop("name", strict=False) for frame in (held, keys)], how="diagonal")
    files = pl.col("file").cast(pl.Int64) * (1 << _ROW_BITS)
    number = both.select(row=files + pl.col(ROW).cast(pl.Int64))["row"].to_numpy().copy()
    number[: held.height] = -1 - np.arange(held.height)
    chars = both.select((pl.col("prompt_chars") + pl.col("response_chars")).cast(pl.Int64)).to_series()
    return Memory(
        held=held.drop(BANDS, strict=False),
        bands=_table(both[BANDS], spill) if BANDS in both.columns else None,
        chars=chars.to_numpy(),
        row=number,
        turns=both["turns"].cast(pl.Int64).to_numpy(),
        texts=SpooledTexts(parts, options.near_dedup_on),
        threshold=options.near_dedup or 1.0,
    )


def _table(bands: pl.Series, spill: Spill | None) -> BandTable:
    is_large = spill is not None and bands.estimated_size() > spill.limit
    return SpilledBands(bands, spill.folder) if spill is not None and is_large else HeldBands(bands)
