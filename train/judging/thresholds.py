"""Every threshold of the verdict. All are shares, so they mean the same for every model, domain and metric.

A threshold is compared with the *end* of a 95 % interval that is harder to pass, never with the estimate.
"""

FEWEST_ITEMS = 100
"""Fewer held-out items than this allow no verdict: their intervals promise more than they keep."""

ENOUGH_EXAMPLES = 1_000
"""With fewer training examples, and no learning curve that is shown to be flat, nothing is said to be unlearnable."""

WORTHWHILE = 0.02
"""Of the base's bits: a smaller saving is not worth a training."""

TENTH = 0.1
"""A part that is smaller than this share of the whole beside it is not what the whole is about: content of the saving;
what tuning adds to what the prompt alone brings."""

QUARTER = 0.25
"""Where twice the data would add this share of what tuning saves so far, the training has not had enough of it."""

EQUAL = 0.01
"""Of a text metric's scale: scores that are shown to be closer are equal."""

RETRIEVED = 0.05
"""Of a text metric's scale: by so much the nearest training answer must beat any training answer, or what retrieval
finds is the form of an answer and not the answer."""

FORGETTING = 0.05
"""Of the base's bits on another domain: less is no reason to worry."""

RUIN = 0.5
"""Of the base's bits on another domain: no gain at home makes up for it."""

CUT = 0.1
"""Of the items: if more than this did not fit, the verdict must hold for the whole ones too."""

SIGNIFICANT = 0.05
"""Of all domains judged together, after Holm's correction."""

PRIMARY = "ROUGE-L"
"""The text metric on which copy, retrieval and the base are compared with the tuned model."""
