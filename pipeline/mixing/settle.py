"""What becomes of each record of a mixture: duplicates, leaks between splits, and how many of the rest are taken."""

from collections.abc import Sequence

import polars as pl

from pipeline.draws import draw
from pipeline.fates import FATE
from pipeline.mixing.portions import Portion
from schemas.dataset import SPLITS
from schemas.errors import OutcomeError

MIXED_FATES = pl.Enum((*SPLITS, "duplicate", "leak", "not_sampled"))


def settled(lines: pl.DataFrame, portions: Sequence[Portion], seed: int) -> pl.DataFrame:
    """The lines with ``fate`` and, for duplicates, ``kept``: the line that stays.

    Whatever is held out of any of the datasets, taken or not, is trained on in none.
    """
    lines = _without_leaks(_without_duplicates(lines))
    chosen = [_taken(lines, number, portion, seed) for number, portion in enumerate(portions)]
    taken = pl.concat(chosen)["line"].implode()
    split = pl.when(pl.col("line").is_in(taken)).then(pl.col("split").cast(MIXED_FATES)).otherwise(_fate("not_sampled"))
    return lines.with_columns(fate=pl.coalesce(FATE, split))


def _fate(name: str) -> pl.Expr:
    return pl.lit(name, dtype=MIXED_FATES)


def _without_duplicates(lines: pl.DataFrame) -> pl.DataFrame:
    """Of equal records the one that is held out stays, else the first."""
    twins = lines.filter(lines.select("prompt_hash", "answer_hash").is_duplicated())
    first = pl.col("line").sort_by("rank", "line", descending=[True, False]).first()
    twins = twins.select("line", kept=first.over("prompt_hash", "answer_hash")).filter(pl.col("kept") != pl.col("line"))
    found = lines.join(twins, on="line", how="left", maintain_order="left")
    return found.with_columns(fate=pl.when(pl.col("kept").is_not_null()).then(_fate("duplicate")))


def _without_leaks(lines: pl.DataFrame) -> pl.DataFrame:
    """What is asked in a split that is held out more strictly: the same question after the same turns, or in another
    dataset a dialogue that begins alike. One dataset's own dialogues are apart already."""
    held = lines.filter(pl.col("rank") > 0)
    asked = held.group_by("prompt_hash").agg(strictest=pl.col("rank").max())
    same = lines.join(asked, on="prompt_hash").filter(pl.col("strictest") > pl.col("rank"))
    begun = held.group_by("group_hash", "dataset").agg(strictest=pl.col("rank").max())
    alike = lines.join(begun, on="group_hash").filter(
        (pl.col("strictest") > pl.col("rank")) & (pl.col("dataset") != pl.col("dataset_right"))
    )
    leaked = pl.concat([same["line"], alike["line"]]).unique().implode()
    return lines.with_columns(
        fate=pl.when(pl.col(FATE).is_null() & pl.col("line").is_in(leaked)).then(_fate("leak")).otherwise(FATE)
    )


def _taken(lines: pl.DataFrame, number: int, portion: Portion, seed: int) -> pl.DataFrame:
    """The records with the smallest draws, so that a larger share contains a smaller one."""
    both = draw(pl.col("prompt_hash"), "prompt", seed) ^ pl.col("answer_hash")
    left = lines.filter(pl.col(FATE).is_null() & (pl.col("dataset") == number))
    ordered = left.with_columns(draw=draw(both, "mix", seed)).sort("draw", "line")
    taken = {split: ordered.filter(pl.col("split") == split) for split in SPLITS}
    wanted = {split: portion.wanted(portion.dataset.count(split)) for split in SPLITS}
    if portion.is_count and taken["train"].height < wanted["train"]:
        raise OutcomeError(
            f"{portion}: {taken['train'].height:,} records are left in train without duplicates of the other datasets "
            f"and what they hold out; use {portion.dataset.name}:1 for all of them"
        )
    return pl.concat([taken[split].head(wanted[split]).select("line") for split in SPLITS])
