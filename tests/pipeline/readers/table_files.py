"""What the tests of the table readers share: inputs made of bytes, and all chunks of a table put together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import polars as pl

from pipeline.readers.chunk import OFFSET, ROW, Columns, Reader, ReadOptions, Table, no_rejects
from pipeline.sources.inputs import Input
from tests.shared_data import shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Everything that a table gave."""

    table: Table
    frame: pl.DataFrame
    rejected: pl.DataFrame
    not_a_record: dict[str, int]
    notes: dict[str, int]

    @property
    def values(self) -> list[tuple[object, ...]]:
        return self.frame.drop(ROW, OFFSET).rows()

    @property
    def reasons(self) -> list[tuple[int, str, str]]:
        return self.rejected.select(ROW, "reason", "raw").rows()


def input_of(data: bytes | Path, name: str = "") -> Input:
    """Bytes as if they came out of an archive, or a file as it lies on the disk."""
    if isinstance(data, Path):
        return Input(name=name or data.name, open=lambda: data.open("rb"), path=data)
    return Input(name=name, open=lambda: BytesIO(data))


def read(reader: Reader, source: Input, columns: Columns | None = None, options: ReadOptions | None = None) -> Read:
    """The only table of an input."""
    (table,) = reader.tables(source, options or ReadOptions())
    return read_table(table, columns)


def read_table(table: Table, columns: Columns | None = None) -> Read:
    chunks = list(table.chunks(columns))
    counts: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    for chunk in chunks:
        counts.update(chunk.not_a_record)
        notes.update(chunk.notes)
    frames = [chunk.frame for chunk in chunks]
    return Read(
        table=table,
        frame=pl.concat(frames) if frames else pl.DataFrame(),
        rejected=pl.concat([no_rejects(), *(chunk.rejected for chunk in chunks)]),
        not_a_record=dict(counts),
        notes=dict(notes),
    )


def patents() -> list[tuple[str, str]]:
    """Titles and abstracts of real patents, which every container must give back as they are."""
    names = ("bdci2022_patents_train.json", "bdci2022_patents_testA_subset.jsonl")
    frames = [pl.read_ndjson(shared(f"patent/{name}")).select("title", "abstract") for name in names]
    return pl.concat(frames).rows()


def titles_and_abstracts(rows: Read, columns: Sequence[str] = ("title", "abstract")) -> list[tuple[object, ...]]:
    return rows.frame.select(columns).rows()
