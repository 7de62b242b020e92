"""BLEU-4 over characters, item by item and averaged: the official evaluation's number, to its last digit.

That is NLTK's ``sentence_bleu`` with its third smoothing, rounded to four digits; a test holds the two equal.
"""

from collections import Counter
from math import exp, fsum, log

import numpy as np

from train.metrics.metric import Answers, Array, Metric, is_blank, only_mean


def sentence_bleu(prediction: str, reference: str) -> float:
    """From 0 to 100."""
    precisions, halvings = [], 0
    for order in range(1, 5):
        matches = _matches(prediction, reference, order)
        if order == 1 and not matches:
            return 0.0
        halvings += not matches
        possible = max(len(prediction) - order + 1, 1)
        precisions.append((matches or 0.5**halvings) / possible)
    brevity = min(1.0, exp(1 - len(reference) / len(prediction)))
    return 100 * brevity * exp(fsum(log(precision) / 4 for precision in precisions))


def _matches(prediction: str, reference: str, order: int) -> int:
    found, wanted = _grams(prediction, order), _grams(reference, order)
    return sum(min(times, wanted[gram]) for gram, times in found.items() if gram in wanted)


def _grams(text: str, order: int) -> Counter[str]:
    return Counter(text[start : start + order] for start in range(len(text) - order + 1))


def _statistics(answers: Answers) -> Array:
    scores = [
        0.0 if is_blank(prediction) or is_blank(reference) else round(sentence_bleu(prediction, reference), 4)
        for prediction, reference in zip(answers.predictions, answers.references, strict=True)
    ]
    return np.array(scores, dtype=np.float64).reshape(-1, 1)


BLEU_4 = Metric(
    name="BLEU-4",
    about="Runs of one to four characters that answer and reference share, item by item.",
    better="more",
    settings="tok:char|smooth:3|empty:0",
    statistics=_statistics,
    value=only_mean,
)
