"""What deduplication and splitting remember of a record: hashes, place and lengths, never its text."""

import polars as pl
import polars_hash  # noqa: F401 (registers the namespace nchash)

from schemas.places import OFFSET, ROW
from schemas.records import has_history

KEY_COLUMNS = ("prompt_hash", "answer_hash", "group_hash")
_SEPARATOR = "\x1f"


def with_keys(records: pl.DataFrame) -> pl.DataFrame:
    """Add the hashes (xxHash64 of the UTF-8 text, stable over library versions) and lengths of each record.

    ``prompt_hash`` covers prompt and history, ``answer_hash`` the response; two records are equal if both are.
    """
    whole = asked() if has_history(records) else pl.col("prompt")
    return records.with_columns(
        prompt_hash=_hash(whole),
        answer_hash=_hash(pl.col("response")),
        group_hash=_hash(pl.col("group")),
        prompt_chars=pl.col("prompt").str.len_chars(),
        response_chars=pl.col("response").str.len_chars(),
        turns=pl.col("history").list.len(),
    )


def key_frame(records: pl.DataFrame) -> pl.DataFrame:
    """The columns to remember."""
    extra = [name for name in ("rank", "stratum", "time", "bands") if name in records.columns]
    return records.select(*KEY_COLUMNS, ROW, OFFSET, "record", "prompt_chars", "response_chars", "turns", *extra)


def _hash(text: pl.Expr) -> pl.Expr:
    return text.nchash.xxhash64()  # type: ignore[attr-defined,no-any-return]


def asked() -> pl.Expr:
    """History and prompt as one text; a record without history is known by its prompt alone."""
    turns = pl.col("history").list.eval(pl.element().list.join(_SEPARATOR)).list.join(_SEPARATOR)
    whole = pl.concat_str((turns, pl.col("prompt")), separator=_SEPARATOR)
    return pl.when(pl.col("history").list.len() > 0).then(whole).otherwise(pl.col("prompt"))
