"""Draws that depend on nothing but a hash and a seed: the same on every machine, in every version, at every size."""

import polars as pl
import polars_hash  # noqa: F401 (registers the namespace nchash)

_STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


def draw(hashed: pl.Expr, purpose: str, seed: int) -> pl.Expr:
    """A number in [0, 2^64) for every hash; other purposes and seeds draw independently.

    The finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014) over the
    hash xor xxHash64 of purpose and seed.
    """
    salt = pl.select(pl.lit(f"{purpose} {seed}").nchash.xxhash64()).item()  # type: ignore[attr-defined]
    mixed = hashed ^ _u64(salt)
    for shift, factor in _STEPS:
        mixed = (mixed ^ (mixed // _u64(1 << shift))) * _u64(factor)
    return mixed ^ (mixed // _u64(1 << 31))


def _u64(value: int) -> pl.Expr:
    return pl.lit(value, dtype=pl.UInt64)
