"""What can only be decided when all records are known: duplicates, conflicts, the sample, the splits. Hashes only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.append.stay import Stayed, stay
from pipeline.draws import draw
from pipeline.fates import FATE, FATES
from pipeline.near.groups import with_split_groups
from pipeline.near.leakage import certificate
from pipeline.near.mark import mark_near
from pipeline.near.memory import Memory
from pipeline.options import ConvertOptions
from pipeline.repeated import repeated
from pipeline.split import Splits, assign_splits


@dataclass(frozen=True, slots=True)
class Settled:
    """The keys of all records in source order with their fate, and how the splits were cut."""

    keys: pl.DataFrame
    """With ``fate`` and, for duplicates, ``kept``: the line of ``keys`` that stays."""
    splits: Splits
    near: Mapping[str, Any] = field(default_factory=dict)
    """How near duplicates were looked for; empty if they were not."""
    leakage: Mapping[str, Any] = field(default_factory=dict)
    """The certificate."""
    stayed: Stayed | None = None
    """What did not go where a conversion at once would put it, in a dataset that grows."""


def settle(
    keys: pl.DataFrame, options: ConvertOptions, memory: Memory | None = None, stood: pl.Series | None = None
) -> Settled:
    """Decide the fate of every record; ``keys`` are in source order, so that the first of equals is kept.

    Those of a dataset that grows stand in front and had the fates ``stood``.
    """
    lines = keys.with_row_index("line").with_columns(fate=pl.lit(None, dtype=FATES))
    lines = _mark_duplicates(lines)
    lines = _mark_lower_ranks(lines)
    lines = _mark_conflicts(lines, options)
    marked = mark_near(lines, options, memory)
    lines = with_split_groups(_mark_sample(marked.lines, options), marked.first)
    lines, splits = assign_splits(lines, options)
    stayed = None if stood is None else stay(lines, stood)
    lines = lines if stayed is None else stayed.lines
    return Settled(lines, splits, marked.facts, certificate(lines, memory), stayed)


def _mark(lines: pl.DataFrame, condition: pl.Expr, fate: str) -> pl.DataFrame:
    return lines.with_columns(
        fate=pl.when(pl.col(FATE).is_null() & condition).then(pl.lit(fate, dtype=FATES)).otherwise(FATE)
    )


def _mark_duplicates(lines: pl.DataFrame) -> pl.DataFrame:
    """Only records whose answer occurs twice are looked at closely: a window over all of them takes much memory."""
    rows = pl.Series(repeated(lines["answer_hash"]))
    twins = lines[rows].select("line", first=pl.col("line").first().over("prompt_hash", "answer_hash"))
    twins = twins.filter(pl.col("first") != pl.col("line"))
    nobody = pl.repeat(None, lines.height, dtype=pl.UInt32, eager=True)
    kept = nobody.scatter(twins["line"], twins["first"].cast(pl.UInt32)).alias("kept")
    return _mark(lines.with_columns(kept), pl.col("kept").is_not_null(), "duplicate")


def _mark_lower_ranks(lines: pl.DataFrame) -> pl.DataFrame:
    """Of the records of a group that are ranked, only the first with the highest rank stays; a record has the highest
    rank of all that are equal to it."""
    if "rank" not in lines.columns:
        return lines
    lines = lines.with_columns(pl.col("rank").max().over("prompt_hash", "answer_hash"))
    ranked = lines.filter(pl.col(FATE).is_null() & pl.col("rank").is_not_null())
    best = ranked.sort("rank", descending=True, maintain_order=True).unique("group_hash", keep="first")
    lost = ranked.join(best.select("line"), on="line", how="anti")
    return _mark(lines, pl.col("line").is_in(lost["line"].implode()), "lower_rank")


def _mark_conflicts(lines: pl.DataFrame, options: ConvertOptions) -> pl.DataFrame:
    """Several answers to one prompt with one history."""
    if options.conflicts != "keep":
        alive = lines.filter(pl.col(FATE).is_null())
        number = pl.int_range(1, pl.len() + 1).over("prompt_hash")
        answers = pl.len().over("prompt_hash")
        lost = number > 1 if options.conflicts == "first" else answers > 1
        lines = _mark(lines, pl.col("line").is_in(alive.filter(lost)["line"].implode()), "conflict")
    if options.max_per_prompt is not None:
        alive = lines.filter(pl.col(FATE).is_null())
        lost = pl.int_range(1, pl.len() + 1).over("prompt_hash") > options.max_per_prompt
        lines = _mark(lines, pl.col("line").is_in(alive.filter(lost)["line"].implode()), "over_max_per_prompt")
    return lines


def _mark_sample(lines: pl.DataFrame, options: ConvertOptions) -> pl.DataFrame:
    """A seeded sample: the records with the smallest hashes, so that a larger sample contains a smaller one."""
    if options.sample is None:
        return lines
    alive = lines.filter(pl.col(FATE).is_null())
    if alive.height <= options.sample:
        return lines
    both = draw(pl.col("prompt_hash"), "prompt", options.seed) ^ pl.col("answer_hash")
    chosen = alive.with_columns(draw=draw(both, "sample", options.seed)).sort("draw", "line").head(options.sample)
    lost = alive.join(chosen.select("line"), on="line", how="anti")
    return _mark(lines, pl.col("line").is_in(lost["line"].implode()), "not_sampled")
