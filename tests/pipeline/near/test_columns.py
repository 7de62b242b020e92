"""Bands of records, held and spilled."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.near.columns import BandTable, HeldBands, SpilledBands

BANDS = np.random.default_rng(3).integers(0, 1 << 64, (1000, 5), dtype=np.uint64)


def in_parts() -> pl.Series:
    dtype = pl.Array(pl.UInt64, 5)
    pieces = [pl.Series("bands", piece, dtype=dtype) for piece in np.split(BANDS, [1, 400, 400])]
    return pl.concat(pieces, rechunk=False)


@pytest.fixture(params=["held", "spilled"])
def table(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BandTable:
    monkeypatch.setattr("pipeline.near.columns._ROWS", 64)
    return HeldBands(in_parts()) if request.param == "held" else SpilledBands(in_parts(), tmp_path)


def test_every_band_is_what_an_array_would_give(table: BandTable) -> None:
    lines = np.array([0, 1, 399, 400, 999, 7])

    assert table.shape == BANDS.shape
    for band in range(5):
        assert np.array_equal(table[lines, band], BANDS[lines, band])


def test_no_records_have_no_bands(tmp_path: Path) -> None:
    nothing = np.empty(0, dtype=np.int64)

    for table in (HeldBands(in_parts().clear()), SpilledBands(in_parts().clear(), tmp_path)):
        assert len(table[nothing, 4]) == 0


def test_a_spilled_table_leaves_no_file_behind(tmp_path: Path) -> None:
    table = SpilledBands(in_parts(), tmp_path)

    assert table.shape[0] == 1000
    assert list(tmp_path.iterdir()) == []
