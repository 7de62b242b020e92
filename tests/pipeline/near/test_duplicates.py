"""Near duplicates and clusters against a loop over all pairs."""

import random

import numpy as np
import polars as pl
import pytest

from pipeline.arrays import Numbers, Shares
from pipeline.near.banding import banding_for, bands_of
from pipeline.near.buckets import buckets_of
from pipeline.near.components import components
from pipeline.near.duplicates import NearDuplicates, Search, near_duplicates
from pipeline.near.jaccard import similarities
from tests.pipeline.near.texts import jaccard, random_text, varied


def searched(
    texts: list[str], threshold: float = 0.8, *, held: int = 0, turns: list[int] | None = None
) -> NearDuplicates:
    series = pl.Series(texts)

    def compare(left: Numbers, right: Numbers) -> Shares:
        return similarities(left, right, lambda lines: series[pl.Series(lines)], series.str.len_chars().to_numpy())

    return near_duplicates(
        Search(
            bands=bands_of(series, banding_for(threshold)).to_numpy(),
            is_wanted=np.ones(len(texts), dtype=np.bool_),
            row=np.arange(len(texts)),
            turns=np.array(turns or [0] * len(texts)),
            held=held,
            threshold=threshold,
            compare=compare,
        )
    )


def corpus(seed: int, count: int) -> list[str]:
    """Chains and families of texts: a new one is often a former one with some changes."""
    numbers = random.Random(seed)
    texts: list[str] = []
    while len(texts) < count:
        if texts and numbers.random() < 0.5:
            texts.append(varied(numbers.choice(texts[-200:]), numbers, numbers.randint(1, 8)))
        else:
            texts.append(random_text(numbers, numbers.randint(20, 400)))
    return texts


def by_loop(texts: list[str], threshold: float) -> tuple[set[int], list[tuple[int, int]]]:
    """Which texts a loop in their order leaves out, and all pairs at or above the threshold."""
    holders: dict[str, list[int]] = {}
    pairs: list[tuple[int, int]] = []
    lost: set[int] = set()
    for number, text in enumerate(texts):
        gram_starts = {text[start : start + 5] for start in range(max(len(text) - 4, 1))}
        others = sorted({other for gram in gram_starts for other in holders.get(gram, ())})
        alike = [other for other in others if jaccard(text, texts[other]) >= threshold]
        pairs += [(other, number) for other in alike]
        if any(other not in lost for other in alike):
            lost.add(number)
        for gram in gram_starts:
            holders.setdefault(gram, []).append(number)
    return lost, pairs


@pytest.mark.parametrize("threshold", [0.7, 0.8, 0.9])
def test_of_three_thousand_texts_nearly_all_are_found_that_a_loop_over_all_pairs_finds(threshold: float) -> None:
    texts = corpus(7, 3000)
    expected, pairs = by_loop(texts, threshold)

    found = searched(texts, threshold)

    lost = set(np.flatnonzero(found.kept >= 0).tolist())
    joined = [found.first[one] == found.first[other] for one, other in pairs]
    assert len(expected) > 300
    assert len(lost & expected) / len(expected) > 0.98
    assert len(lost - expected) / len(expected) < 0.02, "only where a missed pair left its text to stand"
    assert sum(joined) / len(joined) > 0.98


def test_whatever_is_left_out_is_as_similar_as_it_says_to_an_earlier_text_that_stays() -> None:
    texts = corpus(8, 1000)

    found = searched(texts)

    lost = np.flatnonzero(found.kept >= 0).tolist()
    kept = [int(found.kept[line]) for line in lost]
    assert all(found.kept[line] < 0 for line in kept)
    assert all(one < line for one, line in zip(kept, lost, strict=True))
    true = [jaccard(texts[one], texts[line]) for one, line in zip(kept, lost, strict=True)]
    assert found.similarity[lost].tolist() == pytest.approx(true)
    assert min(true) >= 0.8


def chain() -> list[str]:
    """Each like the next, the ends unlike."""
    text = random_text(random.Random(4), 300)
    return [text, text[25:] + random_text(random.Random(5), 25), text[50:] + random_text(random.Random(5), 50)]


def test_a_chain_is_one_cluster_although_its_ends_are_both_kept() -> None:
    texts = chain()

    found = searched(texts)

    assert jaccard(texts[0], texts[2]) < 0.8
    assert found.kept.tolist() == [-1, 0, -1]
    assert found.first.tolist() == [0, 0, 0]


def test_the_first_of_many_equals_stays_and_is_named() -> None:
    text = random_text(random.Random(6), 200)
    texts = [varied(text, random.Random(n), 1) for n in range(400)]

    found = searched(texts)

    assert found.kept.tolist() == [-1] + [0] * 399
    assert found.undecided == 0


def test_a_dialogue_one_turn_on_is_not_left_out_but_kept_together() -> None:
    text = random_text(random.Random(9), 300)

    found = searched([text, text + "谢谢", text + "谢谢！"], turns=[0, 1, 1])

    assert found.kept.tolist() == [-1, -1, 1]
    assert found.first.tolist() == [0, 0, 0]


def test_texts_of_other_datasets_stay_and_are_not_compared_with_each_other() -> None:
    text = random_text(random.Random(10), 300)
    texts = [varied(text, random.Random(n), 1) for n in range(4)]

    found = searched(texts, held=2)

    assert found.kept.tolist() == [-1, -1, 0, 0]


def test_texts_without_any_likeness_are_in_no_bucket() -> None:
    texts = pl.Series([random_text(random.Random(n), 100) for n in range(50)])
    bands = bands_of(texts, banding_for(0.8)).to_numpy()

    buckets = buckets_of(bands, np.ones(50, dtype=np.bool_))

    assert len(buckets.line) == 0
    assert [len(side) for side in buckets.pairs()] == [0, 0]


@pytest.mark.parametrize("seed", range(5))
def test_components_are_those_of_a_search_step_by_step(seed: int) -> None:
    numbers = random.Random(seed)
    pairs = [(numbers.randrange(300), numbers.randrange(300)) for _ in range(numbers.choice([0, 50, 200, 400]))]
    first = list(range(300))
    for _ in range(300):
        for one, other in pairs:
            first[one] = first[other] = min(first[one], first[other])

    found = components(
        300, np.array([p[0] for p in pairs], dtype=np.int64), np.array([p[1] for p in pairs], dtype=np.int64)
    )

    assert found.tolist() == first


def test_a_long_chain_takes_few_steps() -> None:
    line = np.arange(200_000)

    assert components(200_000, line[:-1], line[1:]).max() == 0
