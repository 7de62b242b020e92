"""From a line of a dataset folder back to its place, and from there to the row in its source, if that is still so."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import polars as pl

from pipeline.find import find_partner, unfolded, with_partner
from pipeline.hashing import sha256, sha256_of_dataset
from pipeline.options import ConvertOptions
from pipeline.readers.chunk import OFFSET, ROW, Chunk, Columns, ReadOptions, Table
from pipeline.readers.json_values import Gathered
from pipeline.readers.registry import read_tables
from pipeline.replay import REPLAYED
from pipeline.sources.expand import expand
from pipeline.sources.hub import hub_tables, is_hub
from schemas.dataset import ORIGINS, SPLITS, PreparedDataset
from schemas.errors import DatasetError, OptionError, SourceError
from schemas.parts import split_file

State = Literal["unchanged", "changed", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a record stands in its source."""

    file: str
    row: int
    offset: int | None
    record: int | None
    """Which of its row, from 1; null where the row made none."""


def split_line(dataset: PreparedDataset, split: str, number: int) -> tuple[Place, dict[str, Any]]:
    """Place and content of a line of ``train.json``; raises OptionError for a line that is not there."""
    origins = origins_of(dataset).filter(pl.col("split") == split)
    line = _line(split_file(dataset.path, split), split, number, origins.height)
    origin = origins.row(number - 1, named=True)
    file = str(dataset.manifest["sources"][origin["file"]]["name"])
    return Place(file=file, row=origin["row"], offset=origin["offset"], record=origin["record"]), line


def entry_line(dataset: PreparedDataset, name: str, number: int) -> tuple[Place, dict[str, Any]]:
    """Place and content of a line of ``rejected.jsonl`` or ``duplicates.jsonl``."""
    path = dataset.path / f"{name}.jsonl"
    try:
        with path.open("rb") as stream:
            lines = sum(1 for _ in stream)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror}; make the dataset anew") from None
    entry = _line(path, name, number, lines)
    return Place(file=entry["file"], row=entry["row"], offset=entry["offset"], record=entry["record"]), entry


def id_of(dataset: PreparedDataset, place: Mapping[str, Any]) -> str | None:
    """``train:12`` for the place of a record; None if it is in no split."""
    files = [source["name"] for source in dataset.manifest["sources"]]
    if place["file"] not in files:
        return None
    for split in SPLITS:
        origins = origins_of(dataset).filter(pl.col("split") == split).with_row_index("line", offset=1)
        found = origins.filter(
            (pl.col("file") == files.index(place["file"]))
            & (pl.col("row") == place["row"])
            & (pl.col("record") == place["record"])
        )
        if found.height:
            return f"{split}:{found['line'][0]}"
    return None


def origins_of(dataset: PreparedDataset) -> pl.DataFrame:
    """The place of every record, in the order of the lines of each split; raises DatasetError."""
    path = dataset.path / ORIGINS
    try:
        return pl.read_parquet(path).with_columns(pl.col("split").cast(pl.String))
    except (OSError, pl.exceptions.ComputeError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}; make the dataset anew with prep convert") from None


def _line(path: Path, name: str, number: int, lines: int) -> dict[str, Any]:
    if not 1 <= number <= lines:
        has = f"{name} has {lines:,} lines" if lines else f"{name} is empty"
        raise OptionError(f"{path}: no line {number}; {has}")
    with path.open("rb") as stream:
        text = next(islice(stream, number - 1, None), b"")
    try:
        line: dict[str, Any] = json.loads(text)
    except ValueError:
        raise DatasetError(f"{path}:{number}: no JSON; the file was changed; make the dataset anew") from None
    return line


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The source of a place as it is now."""

    state: State
    why: str
    """What is known of it, for a person."""
    table: Table | None = None


def reopen(dataset: PreparedDataset, name: str, options: ConvertOptions) -> Source:
    """Open the table again that a place names, unless it has gone or changed."""
    known = next((source for source in dataset.manifest["sources"] if source["name"] == name), None)
    if known is None:
        return Source(state="gone", why=f"{name} is no source of the manifest")
    typed = known["facts"].get(REPLAYED, name)
    spec = _dataset_of(typed)
    file = None if spec else _file_of(typed)
    if file is None and spec is None:
        return Source(state="gone", why=f"{typed} is not there any more (looked for from {Path.cwd()})")
    now = sha256(Path(file)) if file is not None else sha256_of_dataset(spec or "")
    if now != known["sha256"]:
        return Source(state="changed", why=f"{typed} has changed: SHA-256 was {known['sha256'][:16]}…, is {now[:16]}…")
    try:
        table = _table(name, file, spec, options)
    except (SourceError, OSError) as error:
        return Source(state="gone", why=str(error))
    if table is None:
        return Source(state="changed", why=f"{typed} holds no table {name} any more")
    return Source(state="unchanged", why=f"{typed} is what it was", table=table)


def _dataset_of(name: str) -> str | None:
    """The data set that ``datasets`` reads: ``folder`` of ``folder@train``."""
    return next((spec for spec in (name, name.rpartition("@")[0]) if spec and is_hub(spec)), None)


def _file_of(name: str) -> str | None:
    """The file that a table lies in, spelt as it was typed: ``crawl.zip`` of ``crawl.zip/part-1.json``."""
    while name:
        if Path(name).is_file():
            return name
        name = name.rpartition("#")[0] if "#" in name.rpartition("/")[2] else name.rpartition("/")[0]
    return None


def _table(name: str, file: str | None, spec: str | None, options: ConvertOptions) -> Table | None:
    reading = ReadOptions(encoding=options.encoding, table=options.table)
    _, partner = find_partner(options)
    if spec is not None:
        tables = hub_tables(spec, reading)
    else:
        sources = [each for each in expand([file or ""]).inputs if name.startswith(each.name) or each.name == file]
        tables = [table for each in sources for table in unfolded(read_tables(each, reading))]
    found = next((table for table in tables if table.name == name), None)
    return with_partner(found, partner, options) if found is not None else None


def row_of(table: Table, columns: Columns | None, row: int) -> Chunk | None:
    """The chunk of one source row, read again by its reader as far as needed; None if it is not there."""
    for chunk in table.chunks(columns):
        frame, rejected = (each.filter(pl.col(ROW) == row) for each in (chunk.frame, chunk.rejected))
        if frame.height or rejected.height:
            return Chunk(frame=frame, rejected=rejected, raw=chunk.raw)
    return None


def row_of_entry(entry: Mapping[str, Any], columns: Columns) -> Chunk | None:
    """The source row that the ledger kept; None where its text is no row that can be read."""
    gathered = Gathered(columns=columns)
    gathered.add(entry["row"], entry["offset"], entry["raw"] or "")
    if not gathered.rows:
        return None
    return Chunk(frame=gathered.frame().select(ROW, OFFSET, *columns), raw=lambda _: pl.Series("raw", [entry["raw"]]))
