"""Signs of dirt that are found many bytes at a time, in a fraction of the time that the gates of the steps take: a text
that shows none passes the gate of no step but of those that say so (``Step.has_signs``)."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from pipeline.arrays import Flags

_MOST = 0.5
"""Texts of several lines show a sign each: looking for more in them would come on top of the gates."""


def any_of(*codes: int | Iterable[int]) -> str:
    """One of these characters, as literals: a class, which they would become if the first were not there doubled as
    well, is looked for byte by byte."""
    characters = [chr(code) for each in codes for code in ((each,) if isinstance(each, int) else each)]
    return "|".join((*characters, characters[0] * 2))


_TWO_BYTES = any_of(range(0x80, 0xA1), 0xAD, 0x61C) + "|  "
_THREE_BYTES = any_of(
    0x1680, 0x180E, range(0x2000, 0x2010), range(0x2028, 0x2030), range(0x205F, 0x2070), 0x3000, 0xFEFF, 0xFFFE, 0xFFFF
)
_SIGNS = (r"[&<\x7f]", r"\A ", r" \z", _TWO_BYTES, _THREE_BYTES)


def suspects(texts: pl.Series) -> pl.Series | None:
    """Rows of the texts that show a sign; None where most do, so that there is nothing to be saved."""
    low = _with_controls(texts)
    if low.sum() > _MOST * texts.len():
        return None
    found = texts.to_frame("text").select(pl.any_horizontal(pl.col("text").str.contains(sign) for sign in _SIGNS))
    return (found.to_series() | pl.Series(low)).arg_true()


def _with_controls(texts: pl.Series) -> Flags:
    """Texts with a byte below the blank: a control character, a tab, the end of a line."""
    _, offsets, data = texts.to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()
    bounds = np.frombuffer(memoryview(offsets or b""), dtype=np.int64)
    is_filled = bounds[1:] > bounds[:-1]
    lowest = np.minimum.reduceat(np.frombuffer(memoryview(data or b""), dtype=np.uint8), bounds[:-1][is_filled])
    found = np.zeros(texts.len(), dtype=np.bool_)
    found[is_filled] = lowest < ord(" ")
    return found
