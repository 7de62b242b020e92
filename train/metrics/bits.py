"""Bits per character of the reference: how well a model foresees it. Comparable across vocabularies, unlike a loss.

What a model says of each item arrives in two columns; how it is asked stands elsewhere.
"""

import numpy as np

from train.metrics.metric import Answers, Array, Metric, ratio

BITS = "bits"
"""Minus log2 of the reference's probability given its prompt, over the tokens that were scored."""
CHARACTERS = "characters"
"""Of the reference, as far as its tokens were scored."""


def _statistics(answers: Answers) -> Array:
    return np.column_stack([np.asarray(answers.measured[name], dtype=np.float64) for name in (BITS, CHARACTERS)])


BITS_PER_CHARACTER = Metric(
    name="bits_per_character",
    about="How many bits the model lacks to write the reference, per character.",
    better="less",
    settings="teacher-forced|log:2|of:all",
    statistics=_statistics,
    value=ratio,
    scale=None,
    needs=(BITS, CHARACTERS),
)
