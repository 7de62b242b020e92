"""Laws that hold for every metric."""

import importlib
import pkgutil
import re

import numpy as np
import pytest

import train.metrics
from tests.train.metrics.answering import random_answers
from train.metrics.metric import Answers, Metric, score
from train.metrics.registry import METRICS, metrics_for

DRAWN = random_answers(40, seed=9)
ANSWERS = Answers(
    prompts=DRAWN.prompts,
    references=DRAWN.references,
    predictions=DRAWN.predictions,
    cut=[number % 5 == 0 for number in range(40)],
    measured={"bits": [3.0 * number for number in range(40)], "characters": [1.0 + number for number in range(40)]},
)
every_metric = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)


def test_no_metric_is_forgotten() -> None:
    modules = [
        importlib.import_module(f"train.metrics.{found.name}") for found in pkgutil.iter_modules(train.metrics.__path__)
    ]

    written = {id(thing) for module in modules for thing in vars(module).values() if isinstance(thing, Metric)}

    assert written == {id(metric) for metric in METRICS.values()}


@every_metric
def test_a_metric_has_statistics_of_every_item_and_one_value(metric: Metric) -> None:
    statistics = metric.statistics(ANSWERS)

    assert statistics.dtype == np.float64
    assert statistics.ndim == 2
    assert len(statistics) == len(ANSWERS)
    assert np.isfinite(statistics).all()
    assert metric.value(statistics.mean(axis=0)).shape == ()


@every_metric
def test_values_of_many_resamples_are_those_of_each(metric: Metric) -> None:
    statistics = metric.statistics(ANSWERS)
    means = np.random.default_rng(1).dirichlet(np.ones(len(ANSWERS)), size=(3, 2)) @ statistics

    together = metric.value(means)

    assert together.shape == (3, 2)
    np.testing.assert_allclose(together, [[metric.value(cell) for cell in row] for row in means])


@every_metric
def test_no_answer_at_all_is_no_crash(metric: Metric) -> None:
    empty = Answers(
        prompts=["问"], references=["答"], predictions=[""], cut=[False], measured={"bits": [9.0], "characters": [1.0]}
    )

    assert np.isfinite(metric.statistics(empty)).all()


@every_metric
def test_a_score_says_how_it_was_made(metric: Metric) -> None:
    found = score(metric, ANSWERS)

    assert re.fullmatch(r"[\w+-]+(\|[\w:,.+-]+)+\|n:40\|prep:\d+\.\d+", found.signature)
    assert str(found) == f"{found.value:.2f} ({found.signature})"
    assert found.counts["cut"] == 8


def test_the_signature_of_bleu_names_its_words_its_smoothing_and_what_empty_answers_score() -> None:
    assert METRICS["BLEU-4"].signature(1043) == "BLEU-4|tok:char|smooth:3|empty:0|n:1043|prep:0.1"


def test_what_needs_a_model_is_left_out_where_none_was_asked() -> None:
    assert "bits_per_character" in {metric.name for metric in metrics_for(ANSWERS)}
    assert "bits_per_character" not in {metric.name for metric in metrics_for(DRAWN)}
    assert len(metrics_for(DRAWN)) == len(METRICS) - 1


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"2 and \[2, 1, 2\]"):
        Answers(prompts=["a", "b"], references=["a", "b"], predictions=["a"], cut=[False, False])
