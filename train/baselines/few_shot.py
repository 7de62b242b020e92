"""Training pairs that show the base, as earlier turns, how an item is answered."""

from collections.abc import Callable, Iterator, Sequence

from train.baselines.retrieval import Search

Pair = tuple[str, str]
Fits = Callable[[Sequence[Pair], str], bool]
"""Whether a history and a question are within the source length; only a model family can tell."""

MOST_SHOTS = 4
_CANDIDATES = 4 * MOST_SHOTS


def shots(
    search: Search, pairs: Sequence[Pair], questions: Sequence[str], fits: Fits, most: int = MOST_SHOTS
) -> list[list[Pair]]:
    """For each question the nearest pairs that fit beside it, the nearest last: right above the question.

    A pair that is too long gives way to the next nearest. A question that is too long by itself gets none. Pairs that
    are alike to the letter are shown once.
    """
    nearest = search.nearest(questions, max(_CANDIDATES, most))
    return [
        [*_chosen([pairs[place] for place in places], question, fits, most)]
        for question, places in zip(questions, nearest, strict=True)
    ]


def _chosen(candidates: Sequence[Pair], question: str, fits: Fits, most: int) -> Iterator[Pair]:
    chosen: list[Pair] = []
    for pair in dict.fromkeys(candidates):
        if len(chosen) < most and fits([pair, *chosen], question):
            chosen.insert(0, pair)
    yield from chosen
