import numpy as np
import pytest

from tests.train.metrics.answering import random_answers
from train.judging.comparison import compare, holm
from train.metrics.metric import score
from train.metrics.registry import METRICS, metrics_for


def test_every_metric_is_compared_by_one_draw_of_items() -> None:
    first = random_answers(80, seed=1)
    second = random_answers(80, seed=1, longest=39)
    metrics = metrics_for(first)
    sides = [{metric.name: metric.statistics(given) for metric in metrics} for given in (first, second)]

    found = compare(metrics, *sides, seed=0, resamples=300)

    assert [*found] == [metric.name for metric in metrics]
    for metric in metrics:
        compared = found[metric.name]
        assert compared.first == pytest.approx(score(metric, first).value, nan_ok=True)
        assert compared.second == pytest.approx(score(metric, second).value, nan_ok=True)
        assert compared.difference.interval.value == pytest.approx(compared.second - compared.first, nan_ok=True)
        assert (compared.share is None) == (metric.scale is None)


def test_the_same_answers_are_equal_by_every_metric() -> None:
    given = random_answers(30, seed=2)
    metrics = [METRICS["ROUGE-L"], METRICS["sacreBLEU"], METRICS["chrF++"]]
    statistics = {metric.name: metric.statistics(given) for metric in metrics}

    found = compare(metrics, statistics, statistics, seed=0, resamples=100)

    assert all(compared.difference.interval.within(1e-9) for compared in found.values())


def test_nothing_to_compare_is_no_crash() -> None:
    assert compare([], {}, {}, seed=0) == {}


def test_holm_is_the_textbooks() -> None:
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})

    # https://en.wikipedia.org/wiki/Holm-Bonferroni_method, its example
    assert adjusted == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert [*adjusted] == ["a", "b", "c", "d"]


def test_holm_counts_a_question_without_an_answer_as_no_evidence() -> None:
    assert holm({"a": float("nan"), "b": 0.02}) == {"a": 1.0, "b": 0.04}
    assert holm({}) == {}


def test_holm_keeps_false_findings_of_all_domains_together_at_one_in_twenty() -> None:
    generator = np.random.default_rng(3)
    tables = generator.uniform(size=(2000, 5))

    found = [min(holm(dict(enumerate(map(float, row)))).values()) <= 0.05 for row in tables]  # type: ignore[arg-type]

    assert np.mean(found) <= 0.065
