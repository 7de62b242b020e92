"""The words of a dataset: how many different ones, and which stand out."""

from collections.abc import Mapping
from functools import cache
from heapq import nsmallest
from importlib.resources import files

from schemas.statistics import Vocabulary


def vocabulary(frequencies: Mapping[str, int], top: int) -> Vocabulary:
    """Keep what holds a letter or a Chinese character; ties of the most frequent words are in order of their text."""
    words = {word: number for word, number in frequencies.items() if word.isalpha() or any(map(str.isalpha, word))}
    telling = ((word, number) for word, number in words.items() if _is_telling(word))
    ranked = nsmallest(top, telling, key=lambda item: (-item[1], item[0]))
    return Vocabulary(size=len(words), occurrences=sum(words.values()), top=dict(ranked))


def _is_telling(word: str) -> bool:
    is_single_letter = len(word) == 1 and word.upper() != word.lower()
    return not is_single_letter and word.lower() not in stop_words()


@cache
def stop_words() -> frozenset[str]:
    text = files("pipeline.stats").joinpath("stop_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())
