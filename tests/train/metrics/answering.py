"""Answers for tests: named columns, and random Chinese that holds everything awkward."""

import random
from collections.abc import Sequence

from train.metrics.metric import Answers

_PIECES = [
    *"的的是在很好好。，！😀𠮷 \n",
    "\n\n\n",
    "中国",
    "方法",
    "温度",
    "法律",
    "A1b",
    "29",
    "？”",
    "……",
    ".......",
    " e.g. (x) ",
]


def answers(predictions: Sequence[str], references: Sequence[str], prompts: Sequence[str] | None = None) -> Answers:
    return Answers(
        prompts=prompts if prompts is not None else [""] * len(predictions),
        references=references,
        predictions=predictions,
        cut=[False] * len(predictions),
    )


def random_answers(count: int, seed: int, longest: int = 40) -> Answers:
    """References, and predictions that share stretches with them; some of both are empty or blank."""
    chance = random.Random(seed)
    references = ["".join(chance.choices(_PIECES, k=chance.randrange(longest))) for _ in range(count)]
    predictions = [_garbled(text, chance, longest) for text in references]
    return answers(predictions, references, references)


def _garbled(text: str, chance: random.Random, longest: int) -> str:
    start, stop = sorted(chance.choices(range(len(text) + 1), k=2))
    return text[start:stop] + "".join(chance.choices(_PIECES, k=chance.randrange(longest // 2)))
