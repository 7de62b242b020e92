"""Finished datasets of which a test knows every record."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from schemas.dataset import FORMAT, MANIFEST, ORIGINS, SPLITS, PreparedDataset

Turns = Sequence[Sequence[str]]
Record = tuple[str, str] | tuple[str, str, Turns]
"""Prompt, answer, earlier turns."""


def folder(place: Path, *, domain: str = "legal", **splits: Sequence[Record]) -> PreparedDataset:
    """As ``prep convert`` leaves it, one source file a split."""
    is_chat = any(len(record) == 3 for records in splits.values() for record in records)
    place.mkdir(parents=True)
    for split in SPLITS:
        lines = [json.dumps(_line(record, is_chat=is_chat), ensure_ascii=False) for record in splits.get(split, ())]
        (place / f"{split}.json").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    origins = [
        {"split": split, "file": file, "row": row, "offset": None, "record": 1}
        for file, split in enumerate(SPLITS)
        for row, _ in enumerate(splits.get(split, ()), start=1)
    ]
    schema = {"split": pl.String, "file": pl.UInt32, "row": pl.UInt64, "offset": pl.Int64, "record": pl.UInt32}
    pl.DataFrame(origins, schema=schema).write_parquet(place / ORIGINS)
    source = {"converter": f"{domain}/x", "reader": "json", "encoding": "utf-8", "columns": {}, "facts": {}}
    manifest = {
        "format": FORMAT,
        "name": place.name,
        "domain": domain,
        "shape": "chat" if is_chat else "pair",
        "records": {split: len(splits.get(split, ())) for split in SPLITS},
        "sources": [{"name": f"{place.name}-{split}.jsonl", "sha256": "", "rows": 9, **source} for split in SPLITS],
    }
    (place / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return PreparedDataset.open(place)


def pairs(name: str, count: int, first: int = 0) -> list[Record]:
    return [(f"{name}问题{number}", f"{name}回答{number}") for number in range(first, first + count)]


def _line(record: Record, *, is_chat: bool) -> Mapping[str, Any]:
    prompt, response, history = (*record, ())[:3]
    if not is_chat:
        return {"content": prompt, "summary": response}
    return {"prompt": prompt, "response": response, "history": history}
