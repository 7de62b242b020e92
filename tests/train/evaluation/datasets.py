"""Dataset folders as ``prep convert`` leaves them, as far as an evaluation reads them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from schemas.dataset import FORMAT, MANIFEST, PreparedDataset

Row = Mapping[str, Any]
_THINGS = ("装置", "方法", "传感器", "壳体")


def rows(count: int, first: int = 0) -> list[Row]:
    """All different, in prompt and answer, and of different lengths."""
    return [
        {
            "content": f"一种第{number}号{_THINGS[number % 4]}" * (1 + number % 3),
            "summary": f"本发明公开{_THINGS[number % 4]}{number}。",
        }
        for number in range(first, first + count)
    ]


def dataset(
    folder: Path, domain: str, *, train: int = 24, dev: int = 4, test: int = 7, first: int = 0
) -> PreparedDataset:
    numbered = iter(rows(train + dev + test, first))
    splits = {name: [next(numbered) for _ in range(count)] for name, count in _counts(train, dev, test).items()}
    return write(folder, domain, splits)


def write(folder: Path, domain: str, splits: Mapping[str, Sequence[Row]]) -> PreparedDataset:
    folder.mkdir(parents=True, exist_ok=True)
    counts = {name: len(splits.get(name, ())) for name in ("train", "dev", "test")}
    for name in counts:
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in splits.get(name, ())]
        (folder / f"{name}.json").write_text("".join(lines), encoding="utf-8")
    shape = "chat" if any("history" in row for each in splits.values() for row in each) else "pair"
    facts = {"format": FORMAT, "name": folder.name, "domain": domain, "shape": shape, "records": counts}
    (folder / MANIFEST).write_text(json.dumps(facts), encoding="utf-8")
    return PreparedDataset.open(folder)


def _counts(train: int, dev: int, test: int) -> dict[str, int]:
    return {"train": train, "dev": dev, "test": test}
