"""sacreBLEU and chrF++ from summed statistics against the library's own corpus scores."""

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF as LibraryCHRF

from tests.train.metrics.answering import answers, random_answers
from train.metrics.chrf import CHRF
from train.metrics.metric import Answers, Metric, score
from train.metrics.sacrebleu import SACREBLEU

TABLES = {
    "many": random_answers(60, seed=1),
    "short": random_answers(20, seed=2, longest=5),
    "one": answers(["今天天气很好"], ["今天天气不错"]),
    "no match of four": answers(["今天很好"], ["今天不错"]),
    "no match of four in several": answers(["今天很好", "明天很好"], ["今天不错", "明天不错"]),
    "nothing in common": answers(["甲乙丙丁"], ["今天不错"]),
    "empty": answers(["", ""], ["今天不错", ""]),
    "longer": answers(["今天天气很好" * 3], ["今天天气很好"]),
}


def _library(metric: Metric, given: Answers) -> float:
    library = BLEU(tokenize="zh", force=True) if metric is SACREBLEU else LibraryCHRF(word_order=2)
    return float(library.corpus_score([*given.predictions], [[*given.references]]).score)


@pytest.mark.parametrize("metric", [SACREBLEU, CHRF], ids=lambda metric: metric.name)
@pytest.mark.parametrize("given", TABLES.values(), ids=TABLES)
def test_the_score_of_all_items_is_the_librarys(metric: Metric, given: Answers) -> None:
    assert score(metric, given).value == pytest.approx(_library(metric, given), abs=1e-9)


@pytest.mark.parametrize("metric", [SACREBLEU, CHRF], ids=lambda metric: metric.name)
def test_the_score_of_a_resample_is_the_librarys_of_the_items_drawn(metric: Metric) -> None:
    given = TABLES["many"]
    drawn = np.random.default_rng(0).integers(0, len(given), len(given))

    means = metric.statistics(given)[drawn].mean(axis=0)

    texts = answers([given.predictions[i] for i in drawn], [given.references[i] for i in drawn])
    assert float(metric.value(means)) == pytest.approx(_library(metric, texts), abs=1e-9)
