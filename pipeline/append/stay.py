"""Who was held out stays held out: what becomes of clusters that new records join across the splits."""

from dataclasses import dataclass

import polars as pl

from pipeline.fates import FATE, FATES
from pipeline.readers.chunk import ROW
from schemas.dataset import SPLITS
from schemas.errors import OutcomeError

LEAK = "leak"
_STOOD = "stood"
_HELD = list(SPLITS[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stayed:
    """Lines with the fates that they have in the grown dataset."""

    lines: pl.DataFrame
    """Those with the fate ``leak`` name the held-out line that they hang together with under ``kept``."""
    bridges: int = 0
    """Clusters that do not stand where a conversion of everything at once would put them."""
    new_bridges: int = 0
    """Those of them that records of this append belong to."""
    leaks: int = 0
    """Records that left the training set now, or hang together with dev and test and can stand in neither."""


def stay(lines: pl.DataFrame, stood: pl.Series) -> Stayed:
    """``lines`` have the fates of a conversion at once; those in front had the fates ``stood`` before.

    Raises OutcomeError where an old record would have to go for another reason than a leak.
    """
    old = lines.head(len(stood)).select("line", "group_hash", FATE).with_columns(stood.cast(FATES).alias(_STOOD))
    _refuse_losses(lines, old)
    had_split = pl.col(_STOOD).is_in((*SPLITS, LEAK))
    moved = old.filter(had_split & (pl.col(_STOOD) != pl.col(FATE)))["group_hash"].unique()
    if moved.is_empty():
        return Stayed(lines=lines)
    in_bridge = pl.col("group_hash").is_in(moved.implode())
    held = old.filter(in_bridge & pl.col(_STOOD).is_in(_HELD)).group_by("group_hash", maintain_order=True)
    places = held.agg(
        place=pl.when(pl.col(_STOOD).n_unique() == 1).then(pl.col(_STOOD).first()).otherwise(_leak()),
        held=pl.col("line").first(),
    )
    bridged = lines.filter(in_bridge).select("line", "group_hash", FATE, "kept")
    bridged = bridged.join(places, on="group_hash", how="left", maintain_order="left")
    bridged = bridged.join(old.select("line", _STOOD), on="line", how="left", maintain_order="left")
    settled = bridged.with_columns(fate=_fate())
    is_leak = settled[FATE] == LEAK
    return Stayed(
        lines=lines.with_columns(
            lines[FATE].scatter(settled["line"], settled[FATE]),
            lines["kept"].scatter(settled["line"].filter(is_leak), settled["held"].filter(is_leak).cast(pl.UInt32)),
        ),
        bridges=len(moved),
        new_bridges=settled.filter(pl.col("line") >= len(stood))["group_hash"].n_unique(),
        leaks=int((is_leak & settled[_STOOD].ne_missing(LEAK)).sum()),
    )


def _fate() -> pl.Expr:
    is_in_split = pl.col(FATE).is_in(SPLITS)
    stays = pl.col(_STOOD).is_in((*_HELD, LEAK))
    trained = pl.when(pl.col("place").is_null()).then(pl.lit("train", dtype=FATES)).otherwise(_leak())
    new = pl.coalesce("place", pl.lit("train", dtype=FATES))
    return (
        pl.when(~is_in_split)
        .then(FATE)
        .when(stays)
        .then(_STOOD)
        .when(pl.col(_STOOD).is_not_null())
        .then(trained)
        .otherwise(new)
    )


def _leak() -> pl.Expr:
    return pl.lit(LEAK, dtype=FATES)


def _refuse_losses(lines: pl.DataFrame, old: pl.DataFrame) -> None:
    now, before = (pl.when(pl.col(name).is_in((*SPLITS, LEAK))).then(None).otherwise(name) for name in (FATE, _STOOD))
    lost = old.filter(now.ne_missing(before))
    if lost.is_empty():
        return
    row, record = lines.row(lost["line"][0], named=True)[ROW], lost.row(0, named=True)
    was, now_is = (f"{record[name]}" for name in (_STOOD, FATE))
    raise OutcomeError(
        f"--append: {lost.height:,} of the old records would not stay what they are beside the new ones, such as "
        f"that of row {row}: {was} before, {now_is} now; convert all sources at once with --overwrite, or under "
        "another --name"
    )
