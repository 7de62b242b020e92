"""Records stream from the files of a dataset into those of an export, block by block, and are counted on the way."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.export.target import Target, ndjson
from pipeline.stats.reading import read_records
from schemas.dataset import PreparedDataset, Split
from schemas.errors import DatasetError
from schemas.records import HISTORY, on_disk


def write_split(dataset: PreparedDataset, split: Split, target: Target, path: Path) -> Counter[str]:
    """Write a split; how many records each thing concerns that the format cannot say.

    Raises DatasetError where the split holds another number of records than the manifest says.
    """
    unsaid: Counter[str] = Counter()
    blocks = _counted(dataset, split, target, unsaid)
    if target.container == "parquet":
        _write_parquet(blocks, dataset, path)
    else:
        _write_text(blocks, dataset, target, path)
    if unsaid.pop("records", 0) != dataset.count(split):
        raise DatasetError(
            f"{dataset.file(split)}: not the {dataset.count(split):,} records that manifest.json counts; "
            "make the dataset anew with prep convert"
        )
    return +unsaid


def _counted(dataset: PreparedDataset, split: Split, target: Target, unsaid: Counter[str]) -> Iterator[pl.DataFrame]:
    for block in read_records(dataset.file(split), dataset.shape):
        found = block.select(pl.len().alias("records"), *(each.counts.sum().alias(each.name) for each in target.unsaid))
        unsaid.update(found.row(0, named=True))
        yield block


def _write_text(blocks: Iterator[pl.DataFrame], dataset: PreparedDataset, target: Target, path: Path) -> None:
    if target.record is None:
        raise RuntimeError(f"{target.name} has no record")
    line = target.record(dataset.shape == "chat").alias("line")
    is_array = target.container == "array"
    with path.open("wb") as stream:
        stream.write(b"[\n" if is_array else b"")
        for number, block in enumerate(blocks):
            text = ndjson(block.select(line), ",\n" if is_array else "\n")
            stream.write(b",\n" if is_array and number else b"")
            stream.write(text[:-2] if is_array else text)
        stream.write(b"\n]\n" if is_array else b"")


def _write_parquet(blocks: Iterator[pl.DataFrame], dataset: PreparedDataset, path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    text = pa.string()
    columns: list[Any] = [(name, text) for name in ("content", "summary")]
    if dataset.shape == "chat":
        columns = [("prompt", text), ("response", text), ("history", pa.list_(pa.list_(text)))]
    schema = pa.schema(columns)
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for block in blocks:
            canonical = block.with_columns(pl.col("history").cast(HISTORY))
            writer.write_table(on_disk(canonical, dataset.shape).to_arrow().cast(schema))
