"""Which records have a hash in common with another one: nothing else can make them duplicates or bind their splits.

A hash-partitioned shuffle of (hash, line) over prompts, answers, groups and bands. All that it finds too much does no
harm: what is settled then is settled as it would be among all records.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from pipeline.arrays import Hashes, Numbers, distinct
from pipeline.engine.ray.parts import Part, grouped_for, keys_of, rows_of, within
from pipeline.engine.ray.shuffle import shuffled, spread
from pipeline.keys import KEY_COLUMNS
from pipeline.near.banding import BANDS

_PARTITION_ENTRIES = 16_000_000
ENTRY_BYTES = 16
"""A hash and a line."""
_SALT = np.uint64(0x9E3779B97F4A7C15)
Entries = tuple[Hashes, Numbers]
"""Hashes, each salted for the column that it stands in, and the lines that have them."""


def shared_lines(parts: Sequence[Part], held: pl.DataFrame, workers: int) -> Numbers:
    """The lines, in order, that share any hash with another line or with a record of ``held``."""
    groups = grouped_for(parts, workers)
    records = parts[-1].end + held.height
    columns = len(KEY_COLUMNS) + (held.schema[BANDS].shape[0] if BANDS in held.columns else 0)  # type: ignore[attr-defined]
    count = max(workers, -(-records * columns // _PARTITION_ENTRIES))
    given: list[tuple[object, ...]] = [(group, None, count) for group in groups]
    given += [((), held, count)] if held.height else []
    found = shuffled(_scatter, given, _shared, [()] * count)
    lines = distinct(np.concatenate(found))
    return lines[lines >= 0]


def keys_of_lines(parts: Sequence[Part], lines: Numbers, workers: int) -> pl.DataFrame:
    """The keys of these lines, in order."""
    groups = grouped_for(parts, workers)
    found = spread(_keys, [(group, within(lines, group)) for group in groups])
    return pl.concat(found, how="diagonal")


def _keys(parts: Sequence[Part], lines: Numbers) -> pl.DataFrame:
    empty = keys_of(parts[0]).clear()
    chosen = [keys_of(part)[pl.Series(rows)] for part, rows in rows_of(lines, parts)]
    return pl.concat([empty, *chosen], how="diagonal")


def _scatter(parts: Sequence[Part], held: pl.DataFrame | None, count: int) -> list[Entries]:
    made = list(_entries(parts, held))
    hashes, lines = (np.concatenate(each) for each in zip(*made, strict=True))
    partition = hashes % np.uint64(count)
    order = np.argsort(partition, kind="stable")
    cuts = np.searchsorted(partition[order], np.arange(1, count, dtype=np.uint64))
    return list(zip(np.split(hashes[order], cuts), np.split(lines[order], cuts), strict=True))


def _entries(parts: Sequence[Part], held: pl.DataFrame | None) -> Iterator[Entries]:
    """Lines of other datasets are below zero."""
    yield np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
    if held is not None:
        yield from _of_keys(held, -1 - np.arange(held.height))
    for part in parts:
        yield from _of_keys(keys_of(part), np.arange(part.begin, part.end))


def _of_keys(keys: pl.DataFrame, lines: Numbers) -> Iterator[Entries]:
    columns = [keys[name].fill_null(0).to_numpy() for name in KEY_COLUMNS]
    if BANDS in keys.columns:
        columns += list(keys[BANDS].to_numpy().T)
    for number, column in enumerate(columns):
        yield column ^ (_SALT * np.uint64(2 * number + 1)), lines


def _shared(*pieces: Entries) -> Numbers:
    hashes, lines = (np.concatenate(each) for each in zip(*pieces, strict=True))
    order = np.argsort(hashes)
    same = hashes[order][1:] == hashes[order][:-1]
    is_shared = np.concatenate((same, [False])) | np.concatenate(([False], same)) if len(order) else same
    return distinct(lines[order[is_shared]])
