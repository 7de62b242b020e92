"""Train, dev and test: by a hash of the record's group, so that a group never straddles them.

A group's hash is a number in [0, 2^64). With shares, ``[0, dev)`` of that range is dev and ``[dev, dev + test)`` is
test: where a group stands depends on nothing but its text and the seed, so it stays there when the source grows. A
count takes groups in the order of their hashes until it is reached, and the manifest keeps the last hash taken.
"""

from dataclasses import dataclass, field
from typing import Any

import polars as pl
import polars_hash  # noqa: F401 (registers the namespace nchash)

from pipeline.options import ConvertOptions
from schemas.errors import OptionError

_WHOLE = 1 << 64


@dataclass(frozen=True, slots=True)
class Splits:
    """How the splits were cut."""

    seed: int
    by: str
    """``share``, ``count`` or ``stratified share``."""
    thresholds: dict[str, int] = field(default_factory=dict)
    """The first hash that is no longer in dev, and the first that is in neither dev nor test; none if stratified."""

    def as_json(self) -> dict[str, Any]:
        return {"seed": self.seed, "by": self.by, "thresholds": {name: str(n) for name, n in self.thresholds.items()}}


def assign_splits(lines: pl.DataFrame, options: ConvertOptions) -> tuple[pl.DataFrame, Splits]:
    """Give every line without a fate the split of its group."""
    alive = lines.filter(pl.col("fate").is_null()).select("line", "group_hash", *_stratum(lines, options))
    alive = alive.with_columns(draw=_draw(options.seed))
    if options.stratify is not None:
        chosen, splits = _stratified(alive, options)
    elif _is_count(options.dev) or _is_count(options.test):
        chosen, splits = _by_count(alive, options)
    else:
        chosen, splits = _by_share(alive, options)
    fates = chosen.select("line", split=pl.col("split"))
    lines = lines.join(fates, on="line", how="left", maintain_order="left")
    return lines.with_columns(fate=pl.coalesce(pl.col("fate").cast(pl.String), "split")).drop("split"), splits


def _stratum(lines: pl.DataFrame, options: ConvertOptions) -> list[str]:
    return ["stratum"] if options.stratify is not None and "stratum" in lines.columns else []


def _is_count(amount: float) -> bool:
    return amount >= 1


def _draw(seed: int) -> pl.Expr:
    """The group's place in the draw; the seed is part of what is hashed."""
    text = pl.concat_str((pl.col("group_hash"), pl.lit(f"split {seed}")), separator=" ")
    return text.nchash.xxhash64()  # type: ignore[attr-defined,no-any-return]


def _by_share(alive: pl.DataFrame, options: ConvertOptions) -> tuple[pl.DataFrame, Splits]:
    dev, test = int(options.dev * _WHOLE), int((options.dev + options.test) * _WHOLE)
    chosen = alive.with_columns(split=_between(dev, test))
    return chosen, Splits(options.seed, "share", {"dev": dev, "test": test})


def _between(dev: int, test: int) -> pl.Expr:
    """Below ``dev`` is dev, below ``test`` is test; a threshold may be the whole range, which no UInt64 holds."""
    train = pl.lit("train")
    test_or_train = pl.lit("test") if test >= _WHOLE else pl.when(_below(test)).then(pl.lit("test")).otherwise(train)
    return pl.lit("dev") if dev >= _WHOLE else pl.when(_below(dev)).then(pl.lit("dev")).otherwise(test_or_train)


def _below(threshold: int) -> pl.Expr:
    return pl.col("draw") < pl.lit(threshold, dtype=pl.UInt64)


def _by_count(alive: pl.DataFrame, options: ConvertOptions) -> tuple[pl.DataFrame, Splits]:
    """Exact numbers of records, taken from one order of the groups: first dev, behind it test."""
    groups = alive.group_by("draw").len().sort("draw")
    amounts = {"dev": _as_count(options.dev, alive.height), "test": _as_count(options.test, alive.height)}
    if sum(amounts.values()) >= alive.height > 0:
        raise OptionError(
            f"--dev {options.dev:g} and --test {options.test:g} leave nothing to train on: "
            f"only {alive.height} records came through"
        )
    thresholds: dict[str, int] = {}
    taken: list[pl.DataFrame] = []
    for split, amount in amounts.items():
        mine = _take(groups, amount)
        groups = groups.join(mine, on="draw", how="anti")
        taken.append(mine.select("draw", split=pl.lit(split)))
        thresholds[split] = mine["draw"].to_list()[-1] + 1 if mine.height else 0
    chosen = alive.join(pl.concat(taken), on="draw", how="left", maintain_order="left")
    return chosen.with_columns(pl.col("split").fill_null("train")), Splits(options.seed, "count", thresholds)


def _as_count(amount: float, records: int) -> int:
    return int(amount) if _is_count(amount) else round(amount * records)


def _take(groups: pl.DataFrame, amount: int) -> pl.DataFrame:
    """Groups in the order of their hashes as long as they fit; one that is too large is left to the next split."""
    taken: list[int] = []
    for draw, size in groups.iter_rows():
        if amount == 0:
            break
        if size <= amount:
            taken.append(draw)
            amount -= size
    return groups.filter(pl.col("draw").is_in(pl.Series(taken, dtype=pl.UInt64).implode()))


def _stratified(alive: pl.DataFrame, options: ConvertOptions) -> tuple[pl.DataFrame, Splits]:
    """In every stratum the same share of records; a group belongs to the stratum of its first record."""
    whole = alive.height
    dev = options.dev / whole if _is_count(options.dev) else options.dev
    test = options.test / whole if _is_count(options.test) else options.test
    groups = alive.group_by("draw", maintain_order=True).agg(pl.col("stratum").first(), size=pl.len()).sort("draw")
    behind = (pl.col("size").cum_sum() - pl.col("size") / 2) / pl.col("size").sum()
    place = behind.over("stratum")
    split = pl.when(place < dev).then(pl.lit("dev")).when(place < dev + test).then(pl.lit("test"))
    groups = groups.with_columns(split=split.otherwise(pl.lit("train")))
    chosen = alive.join(groups.select("draw", "split"), on="draw", how="left", maintain_order="left")
    return chosen, Splits(options.seed, "stratified share")
