"""Every record of the datasets in one order, known by hashes and by the place that it came from."""

from collections.abc import Iterator, Sequence

import polars as pl

from pipeline.keys import KEY_COLUMNS, with_keys
from pipeline.mixing.portions import Portion
from pipeline.provenance import origins_of
from pipeline.stats.reading import read_records
from schemas.dataset import SPLITS, Split
from schemas.errors import DatasetError

PLACE = ("file", "row", "offset", "record")
_LENGTHS = ("prompt_chars", "response_chars", "turns")


def blocks(portions: Sequence[Portion]) -> Iterator[tuple[int, Split, pl.DataFrame]]:
    """The number of the dataset, the split, and records in canonical form; always in this order."""
    for number, portion in enumerate(portions):
        for split in SPLITS:
            if portion.dataset.count(split):
                for block in read_records(portion.dataset.file(split), portion.dataset.shape):
                    yield number, split, block


def all_lines(portions: Sequence[Portion]) -> pl.DataFrame:
    """A line a record: ``dataset``, ``split``, ``rank`` (0 train, 1 dev, 2 test), ``number`` (its line in that split,
    from 1), hashes, lengths, and its place: ``file`` counts the sources of all datasets together."""
    keys = [_keys(*block) for block in blocks(portions)]
    places = pl.concat(list(_places(portions)))
    lines = pl.concat(keys)
    if lines.height != places.height:
        raise DatasetError(f"{lines.height} records, but origins of {places.height}; make the datasets anew")
    number = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("dataset", "split")
    return lines.with_columns(number=number).hstack(places).with_row_index("line")


def _keys(dataset: int, split: Split, block: pl.DataFrame) -> pl.DataFrame:
    """What must not straddle two splits is the question that a dialogue begins with."""
    opening = pl.coalesce(pl.col("history").list.first().list.first(), "prompt")
    return with_keys(block.with_columns(group=opening)).select(
        *KEY_COLUMNS,
        *_LENGTHS,
        dataset=pl.lit(dataset, dtype=pl.UInt32),
        split=pl.lit(split),
        rank=pl.lit(SPLITS.index(split), dtype=pl.UInt8),
    )


def _places(portions: Sequence[Portion]) -> Iterator[pl.DataFrame]:
    before = 0
    for portion in portions:
        origins = origins_of(portion.dataset).with_columns(file=pl.col("file").cast(pl.UInt32) + before)
        for split in SPLITS:
            yield origins.filter(pl.col("split") == split).select(*PLACE)
        before += len(portion.dataset.manifest["sources"])
