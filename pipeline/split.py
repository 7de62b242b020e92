"""Train, dev and test: by a hash of the record's group, so that a group never straddles them.

A group's hash is a number in [0, 2^64). With shares, ``[0, dev)`` of that range is dev and ``[dev, dev + test)`` is
test: where a group stands depends on nothing but its text and the seed, so it stays there when the source grows. A
count takes groups in the order of their hashes until it is reached, and the manifest keeps the last hash taken.
"""

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.draws import draw
from pipeline.fates import FATES
from pipeline.options import ConvertOptions
from pipeline.split_by_file import FILE, NAMED, by_file
from pipeline.split_by_time import by_time
from schemas.errors import OptionError

_WHOLE = 1 << 64


@dataclass(frozen=True, slots=True)
class Splits:
    """How the splits were cut."""

    seed: int
    by: str
    """``share``, ``count``, ``stratified share``, ``stratified count``, ``time`` or ``file``."""
    thresholds: dict[str, int] = field(default_factory=dict)
    """The first hash that is no longer in dev, and the first that is in neither dev nor test; none if stratified.
    By time the first time of each, such as 20210301000000."""
    undated: int | None = None
    """By time, the records whose group has none; they are for training."""

    def as_json(self) -> dict[str, Any]:
        cut = {"seed": self.seed, "by": self.by, "thresholds": {name: str(n) for name, n in self.thresholds.items()}}
        return cut if self.undated is None else {**cut, "undated": self.undated}


def assign_splits(lines: pl.DataFrame, options: ConvertOptions) -> tuple[pl.DataFrame, Splits]:
    """Give every line without a fate the split of its group."""
    by = {None: [], FILE: [NAMED]}.get(options.split_by, ["time"])
    carried = [*_stratum(lines, options), *by]
    alive = lines.filter(pl.col("fate").is_null()).select("line", "group_hash", *carried)
    alive = alive.with_columns(draw=draw_of(options.seed))
    if options.split_by == FILE:
        chosen, splits = by_file(alive), Splits(options.seed, FILE)
    elif options.split_by is not None:
        chosen, splits = _by_time(alive, options)
    elif _is_count(options.dev) or _is_count(options.test):
        chosen, splits = _by_count(alive, options)
    elif options.stratify is not None:
        chosen, splits = _by_stratified_share(alive, options)
    else:
        chosen, splits = _by_share(alive, options)
    fates = chosen["split"].cast(FATES)
    return lines.with_columns(lines["fate"].cast(FATES).scatter(chosen["line"], fates)), splits


def _stratum(lines: pl.DataFrame, options: ConvertOptions) -> list[str]:
    return ["stratum"] if options.stratify is not None and "stratum" in lines.columns else []


def _is_count(amount: float) -> bool:
    return amount >= 1


def draw_of(seed: int) -> pl.Expr:
    """The group's place in the draw."""
    return draw(pl.col("group_hash"), "split", seed)


def _by_share(alive: pl.DataFrame, options: ConvertOptions) -> tuple[pl.DataFrame, Splits]:
    dev, test = int(options.dev * _WHOLE), int((options.dev + options.test) * _WHOLE)
    chosen = alive.with_columns(split=_between(dev, test))
    return chosen, Splits(options.seed, "share", {"dev": dev, "test": test})


def _between(dev: int, test: int) -> pl.Expr:
    """Below ``dev`` is dev, below ``test`` is test; a threshold may be the whole range, which no UInt64 holds."""
    behind = _fate("test") if test >= _WHOLE else pl.when(_below(test)).then(_fate("test")).otherwise(_fate("train"))
    return _fate("dev") if dev >= _WHOLE else pl.when(_below(dev)).then(_fate("dev")).otherwise(behind)


def _fate(split: str) -> pl.Expr:
    return pl.lit(split, dtype=FATES)


def _below(threshold: int) -> pl.Expr:
    return pl.col("draw") < pl.lit(threshold, dtype=pl.UInt64)


def _by_count(alive: pl.DataFrame, options: ConvertOptions) -> tuple[pl.DataFrame, Splits]:
    """Exact numbers of records, taken from one order of the groups: first dev, behind it test."""
    amounts = {"dev": _as_count(options.dev, alive.height), "test": _as_count(options.test, alive.height)}
    if sum(amounts.values()) >= alive.height > 0:
        raise OptionError(
            f"--dev {options.dev:g} and --test {options.test:g} leave nothing to train on: "
            f"only {alive.height} records came through"
        )
    is_stratified = options.stratify is not None
    groups = _with_places(alive).sort("place", "draw") if is_stratified else _groups(alive)
    thresholds: dict[str, int] = {}
    chosen = alive.select("line", "draw", split=pl.lit("train"))
    for split, amount in amounts.items():
        mine = pl.Series(_take(groups, amount), dtype=pl.UInt64)
        is_mine = pl.col("draw").is_in(mine.implode())
        groups = groups.filter(~is_mine)
        chosen = chosen.with_columns(split=pl.when(is_mine).then(pl.lit(split)).otherwise("split"))
        thresholds[split] = mine.to_list()[-1] + 1 if mine.len() else 0
    if is_stratified:
        return chosen, Splits(options.seed, "stratified count")
    return chosen, Splits(options.seed, "count", thresholds)


def _by_time(alive: pl.DataFrame, options: ConvertOptions) -> tuple[pl.DataFrame, Splits]:
    amounts = {name: _as_count(getattr(options, name), alive.height) for name in ("dev", "test")}
    chosen, cuts = by_time(alive, options, amounts)
    undated = int((chosen["time"].is_null()).sum())
    return chosen, Splits(options.seed, "time", cuts, undated)


def _as_count(amount: float, records: int) -> int:
    return int(amount) if _is_count(amount) else round(amount * records)


def _take(groups: pl.DataFrame, amount: int) -> list[int]:
    """Draws of the groups in their order as long as they fit; one that is too large is left to the next split."""
    taken: list[int] = []
    for drawn, size in groups.select("draw", "size").iter_rows():
        if amount == 0:
            break
        if size <= amount:
            taken.append(drawn)
            amount -= size
    return taken


def _groups(alive: pl.DataFrame) -> pl.DataFrame:
    """Every group with the number of its records, in the order of the draws."""
    stratum = [pl.col("stratum").first()] if "stratum" in alive.columns else []
    return alive.group_by("draw", maintain_order=True).agg(*stratum, size=pl.len()).sort("draw")


def _with_places(alive: pl.DataFrame) -> pl.DataFrame:
    """Where each group stands in its stratum, from 0 to 1; a group belongs to the stratum of its first record."""
    place = (pl.col("size").cum_sum() - pl.col("size") / 2) / pl.col("size").sum()
    return _groups(alive).with_columns(place=place.over("stratum"))


def _by_stratified_share(alive: pl.DataFrame, options: ConvertOptions) -> tuple[pl.DataFrame, Splits]:
    """In every stratum the same share of records."""
    place, dev, test = pl.col("place"), options.dev, options.dev + options.test
    split = pl.when(place < dev).then(pl.lit("dev")).when(place < test).then(pl.lit("test"))
    groups = _with_places(alive).select("draw", split=split.otherwise(pl.lit("train")))
    chosen = alive.join(groups, on="draw", how="left", maintain_order="left")
    return chosen, Splits(options.seed, "stratified share")
