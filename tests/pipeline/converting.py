"""Rows converted in a temporary folder, for tests that look at the outcome only."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.convert import Conversion, convert_sources
from pipeline.options import ConvertOptions
from pipeline.rules.rule import RuleOptions
from tests.running import Row, json_lines, read_lines

SPLITS = ("train", "dev", "test")


def converted(folder: Path, rows: Iterable[Row], *, name: str = "made", **options: Any) -> Path:
    """The dataset folder made of these rows."""
    source = json_lines(folder / f"{name}.jsonl", rows)
    return converted_from([source], folder, name=name, **options)


def converted_from(sources: Iterable[Path], out: Path, *, name: str = "made", **options: Any) -> Path:
    done: Conversion = convert_sources(
        [str(source) for source in sources], ConvertOptions(**options), out=out, name=name
    )
    assert done.path is not None
    return done.path


def filtered(**rules: Any) -> RuleOptions:
    return RuleOptions(**rules)


def records(folder: Path) -> list[dict[str, Any]]:
    """Those of all splits."""
    return [record for split in SPLITS for record in read_lines(folder / f"{split}.json")]


def split_of(folder: Path, field: str = "content") -> dict[str, set[str]]:
    """In which splits each text stands."""
    found: dict[str, set[str]] = {}
    for split in SPLITS:
        for record in read_lines(folder / f"{split}.json"):
            found.setdefault(record[field], set()).add(split)
    return found
