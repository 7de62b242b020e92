"""A made-up corpus of Chinese titles and abstracts, with known shares of what a conversion has to deal with."""

import json
import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

FOLDER = Path("build/bench")
_DUPLICATES, _NEAR, _SHORT = 0.05, 0.10, 0.14
"""Upper ends of the shares of exact duplicates, near duplicates and records that are too short."""


class _Words:
    """Words of two or three characters with Zipf's frequencies."""

    def __init__(self, rng: random.Random) -> None:
        characters = [chr(code) for code in range(0x4E00, 0x4E00 + 6000)]
        self._rng = rng
        self._words = ["".join(rng.choices(characters, k=rng.choice((2, 2, 3)))) for _ in range(8000)]
        self._weights = list(accumulate(1 / (rank + 5) for rank in range(len(self._words))))

    def text(self, low: int, high: int) -> str:
        return "".join(self._rng.choices(self._words, cum_weights=self._weights, k=self._rng.randint(low, high)))

    def abstract(self) -> str:
        return "".join(f"{self.text(6, 14)}，{self.text(4, 9)}。" for _ in range(self._rng.randint(4, 14)))


def records(count: int, seed: int = 7) -> Iterator[dict[str, str]]:
    """``id``, ``title``, ``abstract``: 86 % unique, 5 % exact and 5 % near duplicates, 4 % too short; one in ten of
    the unique ones with entities, full-width letters or control characters."""
    rng = random.Random(seed)  # noqa: S311 (nothing to keep secret)
    words = _Words(rng)
    made: list[dict[str, str]] = []
    for number in range(count):
        kind = rng.random()
        if number > 100 and kind < _NEAR:
            record = dict(made[rng.randrange(len(made))])
            if kind >= _DUPLICATES:
                cut = rng.randrange(len(record["abstract"]))
                record["abstract"] = record["abstract"][:cut] + "变" + record["abstract"][cut + 1 :]
        elif kind < _SHORT:
            record = {"title": words.text(3, 3), "abstract": words.text(3, 3)}
        else:
            record = {"title": words.text(4, 9), "abstract": _soiled(words.abstract(), rng)}
        record = {"id": f"p{number:07d}", "title": record["title"], "abstract": record["abstract"]}
        made.append(record)
        yield record


def _soiled(abstract: str, rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.04:
        return abstract.replace("，", "&nbsp;&amp;", 1)
    if kind < 0.07:
        return abstract.replace("。", "ＡＢＣ１２３。", 1)
    return "  " + abstract.replace("。", "。\u0007  ", 1) if kind < 0.10 else abstract


def json_lines(count: int) -> Path:
    """The corpus as JSON Lines, made once."""
    path = FOLDER / f"papers.{count}.jsonl"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records(count))
    return path
