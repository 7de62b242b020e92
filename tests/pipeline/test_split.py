"""Splits: exact counts, the same place for the same group, every stratum its share."""

from collections import Counter

import polars as pl
import pytest

from pipeline.options import ConvertOptions
from pipeline.split import assign_splits, draw_of
from schemas.errors import OptionError


def lines(count: int, groups: int | None = None, strata: int = 0) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "line": range(count),
            "group_hash": [(number % (groups or count)) * 7_919 for number in range(count)],
            "fate": [None] * count,
        },
        schema={"line": pl.UInt32, "group_hash": pl.UInt64, "fate": pl.String},
    )
    return frame.with_columns(stratum=(pl.col("group_hash") // 7_919 % strata).cast(pl.String)) if strata else frame


def splits(frame: pl.DataFrame, **options: object) -> pl.DataFrame:
    return assign_splits(frame, ConvertOptions(**options))[0]  # type: ignore[arg-type]


def counts(frame: pl.DataFrame) -> Counter[str]:
    return Counter(frame["fate"])


def test_the_draw_is_pinned_so_that_no_library_moves_a_record() -> None:
    draws = pl.DataFrame({"group_hash": [0, 1, 2**64 - 1]}, schema={"group_hash": pl.UInt64}).select(draw_of(42))

    assert draws.to_series().to_list() == [13771150236437780957, 14513377473509757208, 1022391835078583791]


@pytest.mark.parametrize(("dev", "test"), [(50, 70), (1, 0), (0, 1), (0.05, 100), (10, 0.1), (499, 500)])
def test_a_count_is_exact(dev: float, test: float) -> None:
    found = counts(splits(lines(1000), dev=dev, test=test))

    amounts = [amount if amount >= 1 else amount * 1000 for amount in (dev, test)]
    assert [found["dev"], found["test"]] == amounts
    assert found.total() == 1000


def test_a_count_is_exact_with_groups_of_several_sizes() -> None:
    frame = lines(1000).with_columns(
        group_hash=pl.Series([n if n % 3 else n // 90 for n in range(1000)], dtype=pl.UInt64)
    )

    found = splits(frame, dev=101, test=57)

    assert (counts(found)["dev"], counts(found)["test"]) == (101, 57)
    assert found.group_by("group_hash").agg(pl.col("fate").n_unique())["fate"].max() == 1


def test_the_thresholds_of_a_count_tell_where_a_group_stands() -> None:
    frame = lines(1000)
    found, cut = assign_splits(frame, ConvertOptions(dev=50, test=70))

    by_threshold = found.with_columns(draw=draw_of(42)).with_columns(
        expected=pl.when(pl.col("draw") < cut.thresholds["dev"])
        .then(pl.lit("dev"))
        .when(pl.col("draw") < cut.thresholds["test"])
        .then(pl.lit("test"))
        .otherwise(pl.lit("train"))
    )

    assert by_threshold["expected"].to_list() == by_threshold["fate"].to_list()


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_a_share_is_about_that_share(share: float) -> None:
    found = counts(splits(lines(20_000), dev=share, test=0.1))

    assert found["dev"] / 20_000 == pytest.approx(share, abs=0.01)
    assert found["test"] / 20_000 == pytest.approx(0.1, abs=0.01)


def test_with_shares_growth_moves_nobody() -> None:
    small, large = splits(lines(500), dev=0.2, test=0.2), splits(lines(900), dev=0.2, test=0.2)

    assert large["fate"].head(500).to_list() == small["fate"].to_list()


def test_another_seed_draws_anew() -> None:
    one, other = splits(lines(500), dev=0.5, test=0), splits(lines(500), dev=0.5, test=0, seed=1)

    assert one["fate"].to_list() != other["fate"].to_list()


@pytest.mark.parametrize("options", [{"dev": 0.2, "test": 0.1}, {"dev": 200, "test": 100}])
def test_every_stratum_has_its_share(options: dict[str, float]) -> None:
    found = splits(lines(1000, strata=4), stratify="类别", **options)

    for _, stratum in found.group_by("stratum"):
        of_stratum = counts(stratum)
        assert abs(of_stratum["dev"] - 50) <= 1
        assert abs(of_stratum["test"] - 25) <= 1


@pytest.mark.parametrize(("dev", "test"), [(101, 33), (7, 0), (0.1, 3)])
def test_a_count_is_exact_with_strata_too(dev: float, test: float) -> None:
    found = counts(splits(lines(1000, strata=7), stratify="类别", dev=dev, test=test))

    assert [found["dev"], found["test"]] == [amount if amount >= 1 else amount * 1000 for amount in (dev, test)]


def test_a_group_is_not_torn_by_its_strata() -> None:
    frame = lines(900, groups=300).with_columns(stratum=pl.col("line").cast(pl.Int64) % 2)

    found = splits(frame.with_columns(pl.col("stratum").cast(pl.String)), stratify="类别", dev=0.2, test=0.2)

    assert found.group_by("group_hash").agg(pl.col("fate").n_unique())["fate"].max() == 1


@pytest.mark.parametrize("stratify", [None, "类别"])
def test_counts_that_leave_nothing_are_refused(stratify: str | None) -> None:
    with pytest.raises(OptionError, match="--dev 6 and --test 4 leave nothing to train on: only 10 records"):
        splits(lines(10, strata=2), dev=6, test=4, stratify=stratify)


def test_lines_with_a_fate_keep_it_and_do_not_count() -> None:
    frame = lines(100).with_columns(fate=pl.when(pl.col("line") < 40).then(pl.lit("duplicate")))

    found = counts(splits(frame, dev=10, test=10))

    assert found == {"duplicate": 40, "dev": 10, "test": 10, "train": 40}
