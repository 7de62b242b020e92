"""The second pass on a cluster: neighbouring parts and the fates of their records become one file of every split."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.durable import sync
from pipeline.engine.ray.parts import Part, keys_of
from pipeline.fates import FATE
from pipeline.funnel import Funnel
from pipeline.kept_part import read_part
from pipeline.options import ConvertOptions
from pipeline.publish import count_fates, lines_of, write_origins
from pipeline.split import assign_splits
from schemas.dataset import DUPLICATES, REJECTED, SPLITS
from schemas.parts import part_name
from schemas.places import OFFSET, ROW
from schemas.records import HISTORY, Shape

LENGTHS = ("prompt_chars", "response_chars", "turns")
_SETTLED = ("kept", "similarity", "detail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """What one task writes."""

    number: int
    parts: Sequence[Part]
    fates: pl.DataFrame
    """Of the records that share a hash with another: ``at`` (their line), ``fate``, ``kept`` (a line of ``kept``)."""
    kept: pl.DataFrame
    """The places of the records that stay in the place of those that are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What all tasks have to know."""

    folder: Path
    """The dataset to be."""
    beside: Path
    """Where pieces of the files lie that are put together at the end."""
    tables: pl.DataFrame
    shape: Shape
    options: ConvertOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What is told of a partition."""

    funnel: Funnel
    lengths: Mapping[str, Counter[int]] = field(default_factory=dict)
    """Column -> length -> how many of the records that were kept have it."""


def write_partition(partition: Partition, writing: Writing) -> Written:
    """Write the lines of a partition; whoever does it again writes the same."""
    keys = pl.concat([_with_fates(part, partition.fates, writing.options) for part in partition.parts])
    paths = {f"{split}.json": writing.folder / split / part_name(partition.number) for split in SPLITS}
    beside = writing.beside / f"{partition.number:05d}"
    beside.mkdir(exist_ok=True)
    paths |= {name: beside / name for name in (DUPLICATES, REJECTED)}
    streams = {}
    with ExitStack() as opened:
        for frame in _frames(partition.parts, keys):
            for name, lines in lines_of(frame, partition.kept, writing.tables, writing.shape).items():
                if name not in streams:
                    streams[name] = opened.enter_context(paths[name].open("wb"))
                lines.write_ndjson(streams[name])
    for name in streams:
        sync(paths[name])
    write_origins(beside, keys)
    funnel = Funnel()
    count_fates(keys, funnel)
    return Written(funnel=funnel, lengths=_lengths(keys))


def _with_fates(part: Part, fates: pl.DataFrame, options: ConvertOptions) -> pl.DataFrame:
    """The keys of a part: what shares nothing with another record is kept, in the split that it draws."""
    own = keys_of(part).with_columns(at=pl.int_range(part.begin, part.end, dtype=pl.Int64))
    known = own.join(fates, on="at", how="left", maintain_order="left")
    alone = known.filter(pl.col(FATE).is_null()).drop("line", strict=False).with_row_index("line")
    if alone.height:
        drawn, _ = assign_splits(alone, options)
        known = known.with_columns(known[FATE].scatter((known[FATE].is_null()).arg_true(), drawn[FATE]))
    wanted = ["file", ROW, OFFSET, "record", FATE, *LENGTHS, *(n for n in _SETTLED if n in known.columns)]
    return known.select(wanted)


def _frames(parts: Sequence[Part], keys: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The texts of every part with their fates."""
    names = [name for name in ("file", FATE, *_SETTLED) if name in keys.columns]
    for part in parts:
        texts = read_part(part.path)
        whole = texts if "history" in texts.columns else texts.with_columns(history=pl.lit([], dtype=HISTORY))
        begin = part.begin - parts[0].begin
        yield pl.concat((whole, keys.slice(begin, part.records).select(names)), how="horizontal")


def _lengths(keys: pl.DataFrame) -> dict[str, Counter[int]]:
    kept = keys.filter(pl.col(FATE).is_in(SPLITS))
    return {name: Counter(dict(kept[name].value_counts().iter_rows())) for name in LENGTHS}
