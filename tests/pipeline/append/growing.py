"""Datasets that grow step by step, beside those made of everything at once."""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pipeline.append.base import APPENDED, FILES
from pipeline.append.state import KEYS
from pipeline.convert import convert_sources
from pipeline.options import ConvertOptions
from tests.pipeline.near.texts import random_text, varied
from tests.running import Row, contents, json_lines, manifest_of, read_lines

HELD = ("dev", "test")


def grown_from(sources: Iterable[Path], out: Path, *, name: str = "grown", **options: Any) -> Path:
    """The dataset made of the first source, to which the others were added one by one."""
    first, *others = sources
    made = ConvertOptions(**options)
    convert_sources([str(first)], made, out=out, name=name)
    for source in others:
        convert_sources([str(source)], made, out=out, name=name, append=True)
    return out / name


def at_once(sources: Iterable[Path], out: Path, *, name: str = "grown", **options: Any) -> Path:
    convert_sources([str(source) for source in sources], ConvertOptions(**options), out=out / "whole", name=name)
    return out / "whole" / name


def whole(folder: Path) -> dict[str, Any]:
    """All that lies in a dataset but what tells that it grew."""
    files: dict[str, Any] = contents(folder)
    files["manifest.json"] = {**manifest_of(folder)}
    for name in (APPENDED, "bridges"):
        files["manifest.json"].pop(name, None)
    return files


def without_state(files: dict[str, Any]) -> dict[str, Any]:
    manifest = {name: value for name, value in files["manifest.json"].items() if name != FILES}
    return {name: text for name, text in {**files, "manifest.json": manifest}.items() if name != KEYS}


def held_out(folder: Path) -> dict[str, set[tuple[Any, Any]]]:
    """The records of dev and test, in whatever shape they have."""
    return {
        split: {
            (record.get("content", record.get("prompt")), record.get("summary", record.get("response")))
            for record in read_lines(folder / f"{split}.json")
        }
        for split in HELD
    }


def leaks_of(folder: Path) -> list[int]:
    """What the certificate counts that must be 0."""
    return [
        each[name]
        for each in manifest_of(folder)["leakage"].values()
        for name in ("identical_prompts", "near_duplicates")
        if name in each
    ]


def corpus(numbers: random.Random, count: int) -> Sequence[Row]:
    """Records of which many are alike: copies with changes, the same question with another answer, links of two."""
    rows: list[dict[str, Any]] = []
    chains = [random_text(numbers, 96) for _ in range(3)]
    for _ in range(count):
        kind, past = numbers.random(), numbers.choice(rows) if rows else None
        question = f"问{random_text(numbers, 12)}"
        row: dict[str, Any] = {"q": question, "a": f"答{random_text(numbers, 40)}", "g": question}
        if past is not None and kind < 0.15:
            row = dict(past)
        elif past is not None and kind < 0.35:
            row = {**past, "a": varied(past["a"], numbers, numbers.randrange(1, 4))}
        elif past is not None and kind < 0.45:
            row = {**row, "q": past["q"]}
        elif past is not None and kind < 0.55:
            row = {**row, "g": past["g"]}
        elif past is not None and kind < 0.65:
            row = {**row, "q": past["q"], "g": numbers.choice(rows)["g"]}
        elif kind < 0.8:
            row["a"] = chains[(family := numbers.randrange(len(chains)))][(at := 8 * numbers.randrange(8)) : at + 40]
            row["q"] = row["g"] = f"链{family}之{at}"
        elif kind < 0.84:
            row = {**row, "a": ""}
        elif kind < 0.88:
            row = {**row, "a": row["a"] * 4}
        rows.append(row)
    return rows


def cut(rows: Sequence[Row], folder: Path, numbers: random.Random, parts: int) -> list[Path]:
    """The rows in so many files, none of them empty."""
    ends = [0, *sorted(numbers.sample(range(1, len(rows)), parts - 1)), len(rows)]
    return [
        json_lines(folder / f"{name}.jsonl", rows[begin:end])
        for name, begin, end in zip("abcdefg", ends, ends[1:], strict=False)
    ]
