"""The words that a text is about: the highest term frequency times inverse document frequency, of jieba's own table."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from train.metrics.facts.numerals import numbers

_MOST = 5
_LEAST = 5.0  # words of less weight say nothing by themselves: 可以 3.5, 怎么 4.4, 如何 4.8; 合同 has 6.5


def key_terms(words: Sequence[str]) -> list[str]:
    """At most five words of two characters or more that are no numbers, weightiest first."""
    counts = Counter(word for word in words if len(word) > 1 and word.isalpha() and not any(numbers(word)))
    weights, usual = _weights()
    ranked = sorted(counts, key=lambda word: (-counts[word] * weights.get(word, usual), word))
    return [word for word in ranked if weights.get(word, usual) >= _LEAST][:_MOST]


@cache
def _weights() -> tuple[dict[str, float], float]:
    """Of each word that jieba knows, and the median for those that it does not."""
    table = files("jieba").joinpath("analyse", "idf.txt").read_text(encoding="utf-8")
    weights = {word: float(weight) for word, weight in (line.split(" ") for line in table.splitlines())}
    return weights, sorted(weights.values())[len(weights) // 2]
