"""Shingles, signatures and similarities against what a few lines of plain Python say."""

import random

import numpy as np
import polars as pl
import pytest

from pipeline.near.banding import banding_for, bands_of
from pipeline.near.jaccard import similarities
from pipeline.near.shingles import shingles
from tests.pipeline.near.texts import grams, jaccard, random_text, varied

ODD = ["", "法", "民法", "中华人民共和国", "ab\U00020000cdef", "aaaaaaaaaaaa", "é́法律😀条文法律😀条文"]


def test_a_text_has_the_grams_of_its_places_and_no_others() -> None:
    texts = [text for text in ODD if text]
    hashes, starts = shingles(pl.Series(texts))
    alone = [shingles(pl.Series([text]))[0] for text in texts]

    assert [len(set(each.tolist())) for each in alone] == [len(grams(text)) for text in texts]
    for text, begin, end in zip(alone, starts[:-1], starts[1:], strict=True):
        assert hashes[begin:end].tolist() == text.tolist()


def test_equal_grams_have_equal_hashes_wherever_they_stand() -> None:
    hashes, starts = shingles(pl.Series(["甲乙丙丁戊己", "乙丙丁戊己庚", "乙丙丁戊己"]))

    assert hashes[starts[0] + 1] == hashes[starts[1]] == hashes[starts[2]]
    assert len(set(hashes.tolist())) == 3


def test_similarities_are_those_of_sets_of_five_characters() -> None:
    numbers = random.Random(1)
    base = [random_text(numbers, numbers.randint(1, 300)) for _ in range(150)]
    texts = pl.Series([*base, *(varied(text, numbers, numbers.choice([0, 1, 2, 5, 9])) for text in base), *ODD])
    left = np.array([numbers.randrange(len(texts)) for _ in range(400)] + list(range(150)))
    right = np.array([numbers.randrange(len(texts)) for _ in range(400)] + list(range(150, 300)))

    found = similarities(left, right, lambda lines: texts[pl.Series(lines)], texts.str.len_chars().to_numpy())

    expected = [jaccard(texts[int(a)], texts[int(b)]) for a, b in zip(left, right, strict=True)]
    assert found.tolist() == pytest.approx(expected)


def test_no_pairs_have_no_similarities() -> None:
    none = np.empty(0, dtype=np.int64)

    assert similarities(none, none, lambda _: pl.Series([], dtype=pl.String), none).tolist() == []


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0])
def test_bands_are_cut_so_that_pairs_at_the_threshold_are_found(threshold: float) -> None:
    banding = banding_for(threshold)

    assert banding.recall(threshold) >= 0.97
    assert banding.bands * banding.rows <= 112


def test_pairs_agree_in_a_band_as_often_as_theory_says() -> None:
    numbers = random.Random(2)
    base = [random_text(numbers, 200) for _ in range(600)]
    others = [varied(text, numbers, 4) for text in base]
    banding = banding_for(0.9)

    agree = (bands_of(pl.Series(base), banding).to_numpy() == bands_of(pl.Series(others), banding).to_numpy()).mean(
        axis=1
    )

    expected = np.mean([jaccard(a, b) ** banding.rows for a, b in zip(base, others, strict=True)])
    assert agree.mean() == pytest.approx(expected, abs=0.015)


def test_bands_do_not_depend_on_the_texts_beside_them() -> None:
    numbers = random.Random(3)
    texts = pl.Series([random_text(numbers, numbers.randint(1, 4000)) for _ in range(200)])
    banding = banding_for(0.8)

    alone = pl.concat([bands_of(texts.slice(start, 1), banding) for start in range(len(texts))])

    assert bands_of(texts, banding).to_list() == alone.to_list()


def test_the_signature_is_pinned_so_that_no_library_changes_what_is_found() -> None:
    bands = bands_of(pl.Series(["中华人民共和国民法典"]), banding_for(0.95)).to_list()

    assert bands == [
        [
            519505436803684980,
            5775481606450941143,
            3357461831475444899,
            15585979734063661499,
            5637138248094181217,
            16187251182539581877,
            7878424907023940148,
        ]
    ]
