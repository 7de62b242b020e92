"""sacreBLEU with its Chinese words: one score for all items together, from the sums of their counts."""

import numpy as np

from train.metrics.metric import Answers, Array, Metric

_ORDERS = 4


def _statistics(answers: Answers) -> Array:
    """Lengths of answer and reference, matches and possible matches of each order, and the number of items.

    The library counts; it gives the counts of single items under no public name.
    """
    from sacrebleu.metrics.bleu import BLEU

    counted = BLEU(tokenize="zh", force=True)._extract_corpus_statistics(
        [*answers.predictions], [[*answers.references]]
    )
    statistics = np.array(counted, dtype=np.float64).reshape(-1, 2 + 2 * _ORDERS)
    return np.column_stack([statistics, np.full(len(answers), float(len(answers)))])


def _value(means: Array) -> Array:
    """Brevity penalty times the geometric mean of precisions.

    An order without a match counts as half a match, the next such order as a quarter: of a match in all items
    together, hence their number among the statistics.
    """
    sums = means[..., :-1] * means[..., -1:]
    answered, referred = sums[..., 0], sums[..., 1]
    matches, possible = sums[..., 2 : 2 + _ORDERS], sums[..., 2 + _ORDERS :]
    scored = matches.any(axis=-1) & possible.all(axis=-1)
    missed = matches == 0
    smoothed = np.where(missed, 0.5 ** np.cumsum(missed, axis=-1), matches)
    precisions = np.divide(smoothed, possible, out=np.ones_like(possible), where=possible > 0)
    length = np.divide(referred, answered, out=np.ones_like(answered), where=answered > 0)
    brevity = np.exp(np.minimum(0.0, 1 - length))
    return np.asarray(np.where(scored, 100 * brevity * np.exp(np.log(precisions).mean(axis=-1)), 0.0))


SACREBLEU = Metric(
    name="sacreBLEU",
    about="Runs of one to four words (Chinese: characters) that answers and references share, all items together.",
    better="more",
    settings="tok:zh|smooth:exp|case:mixed|eff:no",
    statistics=_statistics,
    value=_value,
)
