"""ROUGE and BLEU-4 against the official evaluation's own numbers, and against the libraries that it calls."""

import json
import random
from typing import Any

import numpy as np
import pytest

from schemas.words import cut_words
from tests.golden_data import golden
from tests.train.metrics.answering import answers, random_answers
from train.metrics.bleu import BLEU_4, sentence_bleu
from train.metrics.metric import Answers, is_blank, score
from train.metrics.rouge import ROUGE_1, ROUGE_2, ROUGE_L, longest_common_subsequence

OFFICIAL = {"rouge-1": ROUGE_1, "rouge-2": ROUGE_2, "rouge-l": ROUGE_L, "bleu-4": BLEU_4}


@pytest.fixture(scope="module")
def measured() -> Any:
    return json.loads(golden("metrics.json").read_text(encoding="utf-8"))


def _answers(pairs: list[dict[str, Any]]) -> Answers:
    return answers([pair["pred"] for pair in pairs], [pair["label"] for pair in pairs])


@pytest.mark.parametrize("name", OFFICIAL)
def test_every_golden_pair_scores_what_the_official_code_gave(name: str, measured: Any) -> None:
    pairs = [pair for pair in measured["pairs"] if "score" in pair]

    found = OFFICIAL[name].statistics(_answers(pairs))[:, 0]

    assert found.tolist() == [pair["score"][name] for pair in pairs]


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_mean_over_the_golden_pairs_is_the_official_aggregate(name: str, measured: Any) -> None:
    pairs = [pair for pair in measured["pairs"] if "score" in pair]

    found = score(OFFICIAL[name], _answers(pairs))

    assert found.value == pytest.approx(measured["aggregate_over_non_error"][name], abs=1e-9)


@pytest.mark.parametrize("name", OFFICIAL)
def test_what_crashes_the_official_code_scores_nought_and_is_counted(name: str, measured: Any) -> None:
    pairs = measured["pairs"]
    scored = [pair for pair in pairs if "score" in pair]

    found = score(OFFICIAL[name], _answers(pairs))

    assert len(pairs) > len(scored)
    assert found.value == pytest.approx(measured["aggregate_over_non_error"][name] * len(scored) / len(pairs))
    assert found.counts["empty_predictions"] == sum(is_blank(pair["pred"]) for pair in pairs) == 3
    assert found.counts["empty_references"] == sum(is_blank(pair["label"]) for pair in pairs) == 2


def test_rouge_of_awkward_texts_is_the_librarys() -> None:
    from rouge_chinese import Rouge

    drawn = random_answers(400, seed=3)
    joined = [(" ".join(a), " ".join(b)) for a, b in zip(drawn.prediction_words, drawn.reference_words, strict=True)]
    usable = [number for number, pair in enumerate(joined) if all(text.strip() for text in pair)]

    expected = Rouge().get_scores(*map(list, zip(*(joined[number] for number in usable), strict=True)))

    assert len(usable) > 300
    for name in ("rouge-1", "rouge-2", "rouge-l"):
        found = OFFICIAL[name].statistics(drawn)[usable, 0]
        assert found.tolist() == [round(100 * item[name]["f"], 4) for item in expected]


def test_bleu_of_awkward_texts_is_the_librarys() -> None:
    from nltk.translate.bleu_score import SmoothingFunction
    from nltk.translate.bleu_score import sentence_bleu as library_bleu

    drawn = random_answers(400, seed=4)
    pairs = [pair for pair in zip(drawn.predictions, drawn.references, strict=True) if all(pair)]
    smoothing = SmoothingFunction().method3

    found = [sentence_bleu(prediction, reference) for prediction, reference in pairs]

    expected = [100 * library_bleu([[*b]], [*a], smoothing_function=smoothing) for a, b in pairs]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_longest_common_subsequence_is_that_of_the_textbook_table() -> None:
    chance = random.Random(1)
    for _ in range(200):
        first, second = ("".join(chance.choices("甲乙丙丁", k=chance.randrange(12))) for _ in range(2))

        assert longest_common_subsequence(first, second) == _by_table(first, second)


def test_words_are_jiebas(measured: Any) -> None:
    pairs = measured["pairs"]

    assert cut_words([pair["pred"] for pair in pairs]) == [pair["pred_jieba"] for pair in pairs]


def _by_table(first: str, second: str) -> int:
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, a in enumerate(first, start=1):
        for j, b in enumerate(second, start=1):
            table[i][j] = table[i - 1][j - 1] + 1 if a == b else max(table[i - 1][j], table[i][j - 1])
    return table[-1][-1]
