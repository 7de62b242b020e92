"""How long texts are, in the unit that limits and statistics ask for."""

import polars as pl

from schemas.errors import OptionError
from schemas.limits import TokenCounter, Unit


def lengths(text: pl.Series, unit: Unit, counter: TokenCounter | None = None) -> pl.Series:
    """Length of each text; null counts as empty. Raises OptionError for tokens without a tokenizer."""
    text = text.fill_null("")
    if unit == "chars":
        return text.str.len_chars()
    return pl.Series(text.name, _counts(text.to_list(), unit, counter), dtype=pl.UInt32)


def _counts(texts: list[str], unit: Unit, counter: TokenCounter | None) -> list[int]:
    if unit == "words":
        from schemas.words import count_words  # loads the word lists

        return count_words(texts)
    if counter is None:
        raise OptionError("lengths in tokens need a tokenizer: add --tokenizer PATH, or use --unit chars or words")
    return counter.count(texts)
