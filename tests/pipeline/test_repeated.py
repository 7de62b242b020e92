"""Hashes that occur more than once, also where their range is looked at in parts."""

import numpy as np
import polars as pl
import pytest

from pipeline.repeated import repeated


@pytest.mark.parametrize("at_once", [1 << 20, 64, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 5000])
def test_the_rows_are_those_whose_hash_another_row_has(
    monkeypatch: pytest.MonkeyPatch, count: int, at_once: int
) -> None:
    monkeypatch.setattr("pipeline.repeated._AT_ONCE", at_once)
    hashes = np.random.default_rng(1).integers(0, 1 << 64, max(count * 4 // 5, 1), dtype=np.uint64)
    drawn = hashes[np.random.default_rng(2).integers(0, len(hashes), count)]

    found = repeated(drawn)

    assert found.tolist() == [row for row, times in enumerate((drawn[:, None] == drawn).sum(axis=1)) if times > 1]


def test_null_is_no_hash() -> None:
    assert repeated(pl.Series([None, 7, 8, 7, None], dtype=pl.UInt64)).tolist() == [1, 3]
