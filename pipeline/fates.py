"""What becomes of a record that passed the rules."""

import polars as pl

FATE = "fate"
"""What becomes of a record: ``train``, ``dev``, ``test``, ``duplicate``, ``near_duplicate``,
``not_sampled``, or a reason code."""
FATES = pl.Enum(
    (
        *("train", "dev", "test", "duplicate", "near_duplicate", "not_sampled"),
        *("lower_rank", "conflict", "over_max_per_prompt", "contaminated"),
    )
)
REJECTING = ("lower_rank", "conflict", "over_max_per_prompt", "contaminated")
DUPLICATE = ("duplicate", "near_duplicate")
