"""chrF++: runs of one to six characters and one or two words, recall counting twice, all items together."""

import numpy as np

from train.metrics.metric import Answers, Array, Metric

_CHARACTER_ORDERS, _WORD_ORDERS = 6, 2
_BETA_SQUARED = 4


def _statistics(answers: Answers) -> Array:
    """Runs in the answer, in the reference and in both, for each order.

    The library counts; it gives the counts of single items under no public name.
    """
    from sacrebleu.metrics.chrf import CHRF

    counted = CHRF(word_order=_WORD_ORDERS)._extract_corpus_statistics([*answers.predictions], [[*answers.references]])
    return np.array(counted, dtype=np.float64).reshape(-1, 3 * (_CHARACTER_ORDERS + _WORD_ORDERS))


def _value(means: Array) -> Array:
    """F of the mean precision and the mean recall over the orders that occur on both sides."""
    answered, referred, shared = means[..., 0::3], means[..., 1::3], means[..., 2::3]
    occurs = (answered > 0) & (referred > 0)
    orders = np.maximum(occurs.sum(axis=-1), 1)
    precision = np.divide(shared, answered, out=np.zeros_like(shared), where=occurs).sum(axis=-1) / orders
    recall = np.divide(shared, referred, out=np.zeros_like(shared), where=occurs).sum(axis=-1) / orders
    below = _BETA_SQUARED * precision + recall
    above = 100 * (1 + _BETA_SQUARED) * precision * recall
    return np.asarray(np.divide(above, below, out=np.zeros_like(below), where=below > 0))


CHRF = Metric(
    name="chrF++",
    about="Runs of characters and words that answers and references share, all items together.",
    better="more",
    settings="nc:6|nw:2|beta:2|case:mixed|space:no|eff:yes",
    statistics=_statistics,
    value=_value,
)
