"""Fates: the first of equals stays, samples nest, and the order of the decisions."""

from typing import Any

import polars as pl
import pytest

from pipeline.options import ConvertOptions
from pipeline.settle import settle


def keys(prompts: list[int], answers: list[int], **columns: list[Any]) -> pl.DataFrame:
    numbers = {"prompt_hash": prompts, "answer_hash": answers, "group_hash": prompts}
    frame = pl.DataFrame(numbers, schema=dict.fromkeys(numbers, pl.UInt64))
    return frame.with_columns(pl.Series(name, values) for name, values in columns.items())


def fates(frame: pl.DataFrame, **options: Any) -> list[str]:
    return settle(frame, ConvertOptions(**{"dev": 0, "test": 0, **options})).keys["fate"].cast(pl.String).to_list()


def test_the_first_of_equal_records_stays_and_the_others_know_it() -> None:
    settled = settle(keys([1, 2, 1, 1], [5, 5, 5, 6]), ConvertOptions(dev=0, test=0)).keys

    assert settled["fate"].to_list() == ["train", "train", "duplicate", "train"]
    assert settled["kept"].to_list() == [None, None, 0, None]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"conflicts": "first"}, ["train", "conflict", "duplicate", "train"]),
        ({"conflicts": "drop"}, ["conflict", "conflict", "duplicate", "train"]),
        ({"max_per_prompt": 1}, ["train", "over_max_per_prompt", "duplicate", "train"]),
        ({"conflicts": "drop", "max_per_prompt": 1}, ["conflict", "conflict", "duplicate", "train"]),
    ],
)
def test_duplicates_are_no_conflict(options: dict[str, Any], expected: list[str]) -> None:
    assert fates(keys([1, 1, 1, 2], [5, 6, 5, 5]), **options) == expected


def test_a_pair_of_equal_records_alone_is_no_conflict() -> None:
    assert fates(keys([1, 1], [5, 5]), conflicts="drop") == ["train", "duplicate"]


def test_only_the_first_of_the_highest_rank_stays() -> None:
    frame = keys([1, 1, 1, 2], [5, 6, 7, 5], rank=[1, 3, 3, 0])

    assert fates(frame) == ["lower_rank", "train", "lower_rank", "train"]


def test_records_without_a_rank_are_not_compared() -> None:
    assert fates(keys([1, 1, 1], [5, 6, 7], rank=[None, 2, 1])) == ["train", "train", "lower_rank"]


def test_a_record_has_the_highest_rank_of_its_equals() -> None:
    assert fates(keys([1, 1, 1], [5, 6, 5], rank=[1, 5, 9])) == ["train", "lower_rank", "duplicate"]


@pytest.mark.parametrize("seed", [42, 7])
def test_a_larger_sample_contains_the_smaller_one(seed: int) -> None:
    frame = keys([n * 7_919 for n in range(500)], list(range(500)))

    sampled = {
        size: {line for line, fate in enumerate(fates(frame, sample=size, seed=seed)) if fate == "train"}
        for size in (10, 100, 400, 500, 900)
    }

    assert [len(lines) for lines in sampled.values()] == [10, 100, 400, 500, 500]
    assert sampled[10] < sampled[100] < sampled[400] < sampled[500]


def test_a_sample_is_drawn_from_what_is_left() -> None:
    frame = keys([1] * 5 + [2, 3, 4], [5] * 5 + [5, 5, 5])

    found = fates(frame, sample=3)

    assert sorted(found) == ["duplicate"] * 4 + ["not_sampled"] + ["train"] * 3


def test_a_sample_stays_when_other_records_come_before_it() -> None:
    frame = keys([n * 7_919 for n in range(200)], list(range(200)))
    some = frame.slice(50)

    sampled = {p for p, fate in zip(frame["prompt_hash"], fates(frame, sample=100), strict=True) if fate == "train"}
    of_some = {p for p, fate in zip(some["prompt_hash"], fates(some, sample=100), strict=True) if fate == "train"}

    assert sampled & set(some["prompt_hash"]) <= of_some
