from collections import Counter
from collections.abc import Sequence

import polars as pl
import pytest

from pipeline.stats.lengths import distribution, history_lengths, in_chars, in_tokens, in_words, merged, percentiles
from schemas.records import HISTORY


class Pairs:
    """Two characters are a token."""

    name = "pairs"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def count(self, texts: Sequence[str]) -> list[int]:
        self.asked += texts
        return [-(-len(text) // 2) for text in texts]


@pytest.mark.parametrize(
    ("values", "percents", "expected"),
    [
        ([7], [5, 50, 99], [7, 7, 7]),
        (range(1, 101), [5, 25, 50, 75, 95, 99], [5, 25, 50, 75, 95, 99]),
        (range(1, 11), [5, 25, 50, 95], [1, 3, 5, 10]),
        ([1, 1, 1, 9], [50, 75, 95], [1, 1, 9]),
    ],
)
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(
    values: Sequence[int], percents: Sequence[int], expected: Sequence[int]
) -> None:
    assert percentiles(dict(sorted(Counter(values).items())), percents) == expected


def test_a_distribution_says_what_its_counts_say() -> None:
    found = distribution("content", "chars", {9: 1, 1: 2, 3: 1})

    assert (found.count, found.minimum, found.p50, found.maximum, found.mean) == (4, 1, 1, 9, 3.5)
    assert list(found.counts) == [1, 3, 9]


def test_merging_splits_is_counting_them_as_one() -> None:
    parts = [distribution("content", "chars", {1: 2}), distribution("content", "chars", {1: 1, 5: 4})]

    assert merged(parts) == distribution("content", "chars", {1: 3, 5: 4})


def test_a_history_is_as_long_as_its_texts_together() -> None:
    history = pl.Series([[["一二", "三"], ["一二", "四五六"]], [], [["", "七"]]], dtype=HISTORY)

    assert history_lengths(history, in_chars).to_list() == [8, 0, 1]
    assert history_lengths(history, in_words).to_list() == [5, 0, 1]  # 一二 | 三 | 一二 | 四五 六


def test_a_tokenizer_is_asked_once_for_each_text() -> None:
    counter = Pairs()
    measure = in_tokens(counter)

    lengths = [measure(pl.Series(texts)).to_list() for texts in (["三个字", "两字", "三个字"], ["两字"])]

    assert lengths == [[2, 1, 2], [1]]
    assert sorted(counter.asked) == ["三个字", "两字"]
