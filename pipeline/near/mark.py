"""The fates of records that are near duplicates, or that another dataset holds out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from pipeline.arrays import Numbers, Shares
from pipeline.fates import FATE, FATES
from pipeline.near.banding import banding_for
from pipeline.near.duplicates import NearDuplicates, Search, near_duplicates
from pipeline.near.memory import Memory
from pipeline.options import ConvertOptions
from schemas.places import ROW

_DIGITS = 4
CONTAMINATED = "contaminated"


@dataclass(frozen=True, slots=True)
class Marked:
    """Lines with their fates, and what else was found of them."""

    lines: pl.DataFrame
    """With ``similarity`` to the line that was kept, and ``detail`` of what is contaminated."""
    first: Numbers | None = None
    """The first line of each line's cluster, itself if it is alone."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """For the manifest."""


def mark_near(lines: pl.DataFrame, options: ConvertOptions, memory: Memory | None) -> Marked:
    """Mark near duplicates of earlier lines, and what stands in other datasets, among lines without a fate."""
    if memory is None:
        return Marked(lines)
    lines = _mark_asked_elsewhere(lines, memory.held)
    if memory.bands is None or options.near_dedup is None:
        return Marked(lines)
    found = near_duplicates(
        Search(
            bands=memory.bands,
            is_wanted=np.concatenate((np.ones(memory.held.height, dtype=np.bool_), lines[FATE].is_null().to_numpy())),
            row=memory.row,
            turns=memory.turns,
            held=memory.held.height,
            threshold=options.near_dedup,
            compare=memory.similarities if options.verify else _unknown,
        )
    )
    marked = _mark_found(lines, found, memory.held)
    return Marked(marked, _clusters(found, memory.held.height), _facts(options, found, marked))


def _mark_asked_elsewhere(lines: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """What has the same prompt as a record of another dataset, with the same history."""
    if held.is_empty():
        return lines
    asked = held.unique("prompt_hash", keep="first", maintain_order=True)
    detail = pl.format("{}:{}, same prompt", "name", ROW)
    known = lines.select("prompt_hash", FATE).join(
        asked.select("prompt_hash", detail=detail), on="prompt_hash", how="left", maintain_order="left"
    )
    found = known.select(detail=pl.when(pl.col(FATE).is_null()).then("detail"))["detail"]
    fate = pl.when(found.is_not_null()).then(_fate(CONTAMINATED)).otherwise(FATE)
    return lines.with_columns(found, fate=fate)


def _mark_found(lines: pl.DataFrame, found: NearDuplicates, held: pl.DataFrame) -> pl.DataFrame:
    """What is like a line in front is contaminated, what is like an earlier one a near duplicate of it.

    Only what was found is looked at: columns for all lines would be the most that a large conversion holds.
    """
    at = np.flatnonzero(found.kept[held.height :] >= 0)
    hits = _hits(found.kept[held.height :][at], found.similarity[held.height :][at], held)
    line = pl.Series(at)
    similarity = lines.select(similarity=pl.when(pl.col(FATE) == "duplicate").then(1.0)).to_series()
    marked = lines.with_columns(
        lines[FATE].scatter(line, hits[FATE]),
        lines["kept"].scatter(line, hits["kept"]),
        similarity.scatter(line, hits["similarity"]),
    )
    return marked if held.is_empty() else marked.with_columns(lines["detail"].scatter(line, hits["detail"]))


def _hits(near: Numbers, similarity: Shares, held: pl.DataFrame) -> pl.DataFrame:
    """For every line that was found what is known of it; ``near``: the line that it is like."""
    places = held.select(place=pl.format("{}:{}", "name", ROW)).with_row_index("near").cast({"near": pl.Int64})
    found = pl.DataFrame({"near": near, "like": similarity}).with_columns(pl.col("like").round(_DIGITS).fill_nan(None))
    is_near = pl.col("near") >= held.height
    return found.join(places, on="near", how="left", maintain_order="left").select(
        fate=pl.when(is_near).then(_fate("near_duplicate")).otherwise(_fate(CONTAMINATED)),
        kept=pl.when(is_near).then(pl.col("near") - held.height).cast(pl.UInt32),
        similarity=pl.when(is_near).then("like"),
        detail=pl.format("{}, similarity {}", "place", pl.col("like").cast(pl.String).fill_null("not verified")),
    )


def _fate(name: str) -> pl.Expr:
    return pl.lit(name, dtype=FATES)


def _unknown(left: Numbers, _: Numbers) -> Shares:
    """No similarity: nothing is verified."""
    return np.full(len(left), np.nan)


def _clusters(found: NearDuplicates, held: int) -> Numbers:
    """Without the lines in front: a cluster that one of them leads is led by the first line behind them."""
    if not held:
        return found.first
    leaders = found.first[held:]
    first = np.empty(len(found.first), dtype=np.int64)
    first[leaders[::-1]] = np.arange(len(leaders))[::-1]  # of several lines the first is written last
    return first[leaders]


def _facts(options: ConvertOptions, found: NearDuplicates, lines: pl.DataFrame) -> dict[str, Any]:
    threshold = options.near_dedup or 0.0
    banding = banding_for(threshold)
    return {
        "threshold": threshold,
        "on": options.near_dedup_on,
        "verified": options.verify,
        "bands": banding.bands,
        "rows": banding.rows,
        "recall": round(banding.recall(threshold), _DIGITS),
        "duplicates": int((lines[FATE] == "near_duplicate").sum()),
        "not_compared": found.undecided,
    }
