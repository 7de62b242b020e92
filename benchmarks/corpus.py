"""A made-up corpus of Chinese titles and abstracts, with known shares of what a conversion has to deal with."""

import json
import random
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple, TextIO

FOLDER = Path("build/bench")
_DUPLICATES, _NEAR, _SHORT = 0.05, 0.10, 0.14
"""Upper ends of the shares of exact duplicates, near duplicates and records that are too short."""
_BLOCK = 200_000


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


class Drawn(NamedTuple):
    """A record, and what one has to know of it to tell what should be kept."""

    record: dict[str, str]
    original: int
    """The number of the record that it is a copy of, its own if of none; negative where that is too short."""


def drawn(count: int, seed: int = 7) -> Iterator[Drawn]:
    """In blocks that know nothing of each other, so that memory does not grow with the corpus."""
    for number, begin in enumerate(range(0, count, _BLOCK)):
        yield from _block(begin, min(_BLOCK, count - begin), seed + number)


def records(count: int, seed: int = 7) -> Iterator[dict[str, str]]:
    """``id``, ``title``, ``abstract``: 86 % unique, 5 % exact and 5 % near duplicates, 4 % too short; one in ten of
    the unique ones with entities, full-width letters or control characters."""
    return (each.record for each in drawn(count, seed))


def _block(begin: int, count: int, seed: int) -> Iterator[Drawn]:
    rng = random.Random(seed)  # noqa: S311 (nothing to keep secret)
    words = _Words(rng)
    made: list[Drawn] = []
    for number in range(count):
        kind = rng.random()
        original = begin + number
        if number > 100 and kind < _NEAR:
            record, original = made[rng.randrange(len(made))]
            if kind >= _DUPLICATES:
                cut = rng.randrange(len(record["abstract"]))
                changed = record["abstract"][:cut] + "变" + record["abstract"][cut + 1 :]
                record = {**record, "abstract": changed}
        elif kind < _SHORT:
            record = {"title": words.text(3, 3), "abstract": words.text(3, 3)}
            original = -1 - original
        else:
            record = {"title": words.text(4, 9), "abstract": _soiled(words.abstract(), rng)}
        record = {"id": f"p{begin + number:07d}", "title": record["title"], "abstract": record["abstract"]}
        made.append(Drawn(record, original))
        yield made[-1]


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
    if not path.exists() or not _truth_of(path).exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            write_lines(file, drawn(count), path)
    return path


def write_lines(file: TextIO, made: Iterable[Drawn], path: Path) -> None:
    """The records, and beside ``path`` how many of them are to be kept."""
    originals: set[int] = set()
    for record, original in made:
        originals.add(original)
        file.write(json.dumps(record, ensure_ascii=False) + "\n")
    _truth_of(path).write_text(str(sum(number >= 0 for number in originals)))


def truth(path: Path) -> int:
    """How many records of a corpus are neither copies of others nor too short."""
    return int(_truth_of(path).read_text())


def _truth_of(path: Path) -> Path:
    return path.with_suffix(".truth")
