"""Pairs to rate, and sheets as raters fill them in."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from train.rating.key import Key, read_key
from train.rating.sheet import Pair, draw_sheets
from train.rating.write import KEY, SHEETS, write_sheets


def pairs(count: int) -> list[Pair]:
    return [
        Pair(record=f"test:{n}", prompt=f"问题{n}？", reference=f"参考{n}", base=f"基线{n}", tuned=f"微调{n}")
        for n in range(1, count + 1)
    ]


def written(folder: Path, items: Sequence[Pair], count: int, **options: Any) -> Key:
    """The key of sheets that lie in the folder."""
    write_sheets(draw_sheets(items, count, **options), folder, "legal")
    return read_key(folder / KEY)


def sheet_rows(folder: Path, number: int = 1) -> list[dict[str, str]]:
    with (folder / SHEETS / f"sheet-{number}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def filled(folder: Path, rate: Callable[[Mapping[str, str]], str], number: int = 1, rater: str = "") -> Path:
    """The sheet with a rating in every row, saved beside the others."""
    rows = [{**row, "rating": rate(row), "rater": rater} for row in sheet_rows(folder, number)]
    return saved(folder / f"filled-{number}{rater}.csv", rows)


def saved(path: Path, rows: Sequence[Mapping[str, str]], *, encoding: str = "utf-8-sig", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def likes(word: str) -> Callable[[Mapping[str, str]], str]:
    """A rater who takes the answer in which the word stands; in a check, the reference of the very item."""

    def rate(row: Mapping[str, str]) -> str:
        number = row["prompt"].removeprefix("问题").removesuffix("？")
        wanted = {f"{word}{number}", f"参考{number}"}
        return "1" if row["answer 1"] in wanted else "2" if row["answer 2"] in wanted else "0"

    return rate


def key_of(folder: Path) -> dict[str, Any]:
    held: dict[str, Any] = json.loads((folder / KEY).read_text(encoding="utf-8"))
    return held
