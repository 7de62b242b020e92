"""What can be seen of answers without reading them: how long they are, how many are empty or were cut off."""

import numpy as np

from train.metrics.metric import Answers, Array, Metric, is_blank, only_mean, ratio


def _lengths(answers: Answers) -> Array:
    lengths = [(len(told), len(wanted)) for told, wanted in zip(answers.predictions, answers.references, strict=True)]
    return np.array(lengths, dtype=np.float64).reshape(-1, 2)


def _empty(answers: Answers) -> Array:
    return _shares([*map(is_blank, answers.predictions)])


def _cut(answers: Answers) -> Array:
    return _shares([*answers.cut])


def _shares(claims: list[bool]) -> Array:
    return 100 * np.array(claims, dtype=np.float64).reshape(-1, 1)


LENGTH_RATIO = Metric(
    name="length_ratio",
    about="Characters of all answers per character of all references; 1 is as long as they should be.",
    better="neither",
    settings="tok:char|of:all",
    statistics=_lengths,
    value=ratio,
    scale=None,
)
EMPTY = Metric(
    name="empty",
    about="Answers that say nothing.",
    better="less",
    settings="strip",
    statistics=_empty,
    value=only_mean,
)
CUT = Metric(
    name="cut_off",
    about="Answers that were ended by the limit of their length.",
    better="less",
    settings="by:limit",
    statistics=_cut,
    value=only_mean,
)
