"""Draws: the same everywhere and always, even, and independent of each other."""

import polars as pl
import xxhash

from pipeline.draws import draw

_BITS = (1 << 64) - 1
HASHES = [0, 1, 12345678901234567890, _BITS]


def draws(hashes: list[int], purpose: str, seed: int) -> list[int]:
    frame = pl.DataFrame({"h": hashes}, schema={"h": pl.UInt64})
    return frame.select(draw(pl.col("h"), purpose, seed)).to_series().to_list()


def splitmix64(value: int) -> int:
    """The finaliser, as published."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _BITS
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _BITS
    return value ^ (value >> 31)


def test_a_draw_is_the_published_function() -> None:
    salt = xxhash.xxh64_intdigest(b"split 42")

    assert draws(HASHES, "split", 42) == [splitmix64(value ^ salt) for value in HASHES]


def test_the_draws_are_pinned_so_that_no_library_moves_a_record() -> None:
    assert draws([0, 1, _BITS], "split", 42) == [13771150236437780957, 14513377473509757208, 1022391835078583791]


def test_draws_fill_the_range_evenly() -> None:
    tenths = [value * 10 >> 64 for value in draws(list(range(20_000)), "split", 1)]

    assert all(1800 < tenths.count(tenth) < 2200 for tenth in range(10))


def test_another_seed_or_purpose_draws_independently() -> None:
    numbers = list(range(20_000))
    first, second, third = (draws(numbers, *how) for how in (("split", 1), ("split", 2), ("sample", 1)))
    half = 1 << 63

    for other in (second, third):
        both = sum(a < half and b < half for a, b in zip(first, other, strict=True))
        assert 4700 < both < 5300
