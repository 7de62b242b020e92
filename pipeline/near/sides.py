"""What of a record is compared: its prompt with all turns before it, its response, or both as one text."""

import polars as pl

from pipeline.keys import asked
from pipeline.options import Side
from schemas.records import has_history

_BETWEEN = "\x1f"


def compared(records: pl.DataFrame, side: Side) -> pl.Series:
    """The text of every record."""
    whole = asked() if "history" in records.columns and has_history(records) else pl.col("prompt")
    texts = {
        "prompt": whole,
        "response": pl.col("response"),
        "both": pl.concat_str((whole, pl.col("response")), separator=_BETWEEN),
    }
    return records.select(texts[side].alias("text")).to_series()
