"""Rows of a ledger that are no JSON objects but the text of their container (citations): read again by its reader."""

import io
from collections.abc import Sequence
from itertools import accumulate

import polars as pl

from pipeline.readers.bibtex import BIBTEX
from pipeline.readers.chunk import OFFSET, PLACE, REJECTED, ROW, Columns, ReadOptions, Table
from pipeline.readers.citations import CITATIONS
from pipeline.sources.inputs import Input

_BETWEEN = "\n\n"


def text_table(texts: Sequence[str]) -> Table | None:
    """The texts one below the other as one table; None where they are of no such container."""
    data = _BETWEEN.join([*texts, ""]).encode()
    source = Input(name="ledger", open=lambda: io.BytesIO(data), size=len(data))
    for reader in (*CITATIONS, BIBTEX):
        if texts and reader.recognises(source, source.head()):
            [table] = reader.tables(source, ReadOptions(encoding="utf-8"))
            return table
    return None


def reread(entries: pl.DataFrame, columns: Columns | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of these entries (``row``, ``offset``, ``raw``, ``reason``, ``detail``) with their old places, and those
    that could not be read any more."""
    table = text_table(entries["raw"].to_list())
    frames = [chunk.frame for chunk in table.chunks(columns)] if table is not None else []
    sizes = [len((text + _BETWEEN).encode()) for text in entries["raw"]]
    starts = pl.Series([0, *accumulate(sizes)][:-1], dtype=pl.Int64)
    places = entries.select(pl.col("row").alias(ROW), pl.col("offset").alias(OFFSET)).cast(pl.Schema(PLACE))
    placed = [
        pl.concat(
            (places[starts.search_sorted(frame[OFFSET], side="right") - 1], frame.drop(ROW, OFFSET)), how="horizontal"
        )
        for frame in frames
    ]
    rows = pl.concat(placed) if placed else places.clear()
    lost = entries.rename({"row": ROW, "offset": OFFSET}).select(*REJECTED).cast(pl.Schema(REJECTED))
    return rows, lost.join(rows, on=ROW, how="anti", maintain_order="left")
