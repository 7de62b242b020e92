from collections.abc import Sequence

import polars as pl
import pytest

from pipeline.lengths import lengths
from schemas.errors import OptionError


class PairCounter:
    """Two characters a token."""

    name = "pairs"

    def count(self, texts: Sequence[str]) -> list[int]:
        return [(len(text) + 1) // 2 for text in texts]


def test_characters_are_counted_as_python_counts_them() -> None:
    texts = ["", "中文", "a😀b", "é"]

    assert lengths(pl.Series(texts), "chars").to_list() == [len(text) for text in texts]


def test_words_are_those_of_the_words_engine() -> None:
    from schemas.words import count_words

    texts = ["我来到北京清华大学", "", "PID control"]

    assert lengths(pl.Series(texts), "words").to_list() == count_words(texts)


def test_tokens_are_those_of_the_counter() -> None:
    assert lengths(pl.Series(["abc", None]), "tokens", PairCounter()).to_list() == [2, 0]


def test_tokens_without_a_tokenizer_are_refused_with_the_way_out() -> None:
    with pytest.raises(OptionError, match="need a tokenizer: add --tokenizer PATH"):
        lengths(pl.Series(["a"]), "tokens")
