"""distinct-1 and -2: different words (pairs of words) of all answers, per word (pair) written.

Li et al.: A diversity-promoting objective function for neural conversation models, 2016. Many answers repeat each other
more than few do: compare at the same number of items only. An item's share in the different words is the sum, over
its own, of one over how often the word occurs in all answers. The shares add up to the number of different words, so
that the value is exact; of a resample it is the linear part.
"""

from collections import Counter

import numpy as np

from train.metrics.metric import Answers, Array, Metric, percent


def _statistics(answers: Answers, order: int) -> Array:
    """An item's share in the different runs of words, and its runs."""
    written = [_runs([word for word in words if word.strip()], order) for words in answers.prediction_words]
    occurrences = Counter(run for runs in written for run in runs)
    shares = [(sum(1 / occurrences[run] for run in runs), len(runs)) for runs in written]
    return np.array(shares, dtype=np.float64).reshape(-1, 2)


def _runs(words: list[str], order: int) -> list[tuple[str, ...]]:
    return [*zip(*(words[start:] for start in range(order)), strict=False)]


def _distinct(order: int, about: str) -> Metric:
    return Metric(
        name=f"distinct-{order}",
        about=about,
        better="neither",
        settings="tok:jieba|of:all",
        statistics=lambda answers: _statistics(answers, order),
        value=percent,
        scale=None,
    )


DISTINCT_1 = _distinct(1, "How varied the words of all answers together are.")
DISTINCT_2 = _distinct(2, "How varied the pairs of words of all answers together are.")
