"""The nearest training questions of a question, by BM25 over jieba words, and the answer of the very nearest."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from schemas.words import cut_words


class Search:
    """Training questions, indexed. Of equally near ones the earlier comes first, so results do not vary."""

    def __init__(self, questions: Sequence[str]) -> None:
        self._count = len(questions)
        words = [*_words(questions)]
        self._ranking = _ranking(words) if any(words) else None

    def nearest(self, questions: Sequence[str], count: int) -> list[list[int]]:
        """Places of the training questions nearest to each question, the nearest first; fewer if there are fewer.

        Where no word is shared all are equally near.
        """
        return [_best(self._scores(words), count).tolist() for words in _words(questions)]

    def _scores(self, words: list[str]) -> npt.NDArray[np.float32]:
        if self._ranking is None or not words:
            return np.zeros(self._count, dtype=np.float32)
        return np.asarray(self._ranking.get_scores(words), dtype=np.float32)


def retrieved(search: Search, answers: Sequence[str], questions: Sequence[str]) -> list[str]:
    """The answer of the training question nearest to each question; without training questions, nothing."""
    return [answers[places[0]] if places else "" for places in search.nearest(questions, 1)]


def _ranking(words: list[list[str]]) -> Any:
    os.environ.setdefault("JAX_PLATFORMS", "cpu")  # bm25s starts JAX where it finds it, which takes the whole card
    from bm25s import BM25  # Lucene's variant, k1 1.5, b 0.75

    ranking = BM25()
    ranking.index(words, show_progress=False)
    return ranking


def _words(texts: Sequence[str]) -> Iterator[list[str]]:
    for words in cut_words([text.lower() for text in texts]):
        yield [word for word in words if any(sign.isalnum() for sign in word)]


def _best(scores: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.intp]:
    """As a stable sort of all scores would have it, at the price of a partition."""
    if count < len(scores):
        least = np.partition(scores, -count)[-count]
        candidates = np.flatnonzero(scores >= least)
    else:
        candidates = np.arange(len(scores))
    return candidates[np.argsort(-scores[candidates], kind="stable")][:count]
