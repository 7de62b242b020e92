"""What becomes of a record that passed the rules."""

import polars as pl

FATE = "fate"
"""What becomes of a record: ``train``, ``dev``, ``test``, ``duplicate``, ``near_duplicate``,
``not_sampled``, or a reason code; ``leak`` is what had to leave train in a dataset that grew."""
FATES = pl.Enum(
    (
        *("train", "dev", "test", "duplicate", "near_duplicate", "not_sampled"),
        *("lower_rank", "conflict", "over_max_per_prompt", "contaminated", "leak"),
    )
)
REJECTING = ("lower_rank", "conflict", "over_max_per_prompt", "contaminated")
DUPLICATE = ("duplicate", "near_duplicate", "leak")
