"""The share of answers that are the reference, apart from blanks around them and widths of characters."""

from unicodedata import normalize

import numpy as np

from train.metrics.metric import Answers, Array, Metric, is_blank, only_mean


def _same(prediction: str, reference: str) -> bool:
    return not is_blank(prediction) and _plain(prediction) == _plain(reference)


def _plain(text: str) -> str:
    return normalize("NFKC", text).strip()


def _statistics(answers: Answers) -> Array:
    same = [*map(_same, answers.predictions, answers.references)]
    return np.array(same, dtype=np.float64).reshape(-1, 1) * 100


EXACT_MATCH = Metric(
    name="exact_match",
    about="Answers that are the reference to the letter.",
    better="more",
    settings="nfkc|strip|empty:0",
    statistics=_statistics,
    value=only_mean,
)
