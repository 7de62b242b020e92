"""How much an answer repeats itself: runs of eight characters that it has written before, per run."""

import numpy as np

from train.metrics.metric import Answers, Array, Metric, only_mean

_ORDER = 8


def _repeated(text: str) -> float:
    runs = [text[start : start + _ORDER] for start in range(len(text) - _ORDER + 1)]
    return 100 * (1 - len({*runs}) / len(runs)) if runs else 0.0


def _statistics(answers: Answers) -> Array:
    return np.array([*map(_repeated, answers.predictions)], dtype=np.float64).reshape(-1, 1)


REPETITION = Metric(
    name="repetition",
    about="Runs of eight characters that the same answer has written before; a model that turns in circles nears 100.",
    better="less",
    settings=f"tok:char|run:{_ORDER}",
    statistics=_statistics,
    value=only_mean,
)
