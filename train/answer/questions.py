"""Records to be answered: a split of a dataset, or a file whose answers may be missing."""

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from schemas.dataset import SPLITS, PreparedDataset, Split
from schemas.errors import DatasetError, FormatError, OptionError
from train.answer.load import recipe_around, run_of
from train.record_files import Columns, read_records
from train.records import OFFICIAL_FILES

PROMPTS = ("content", "prompt", "instruction", "question", "query")
RESPONSES = ("summary", "response", "output", "answer")
HISTORY = "history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A dataset or a file, and what the file calls its columns; None: as they are known."""

    path: Path
    prompt: str | None = None
    response: str | None = None
    history: str | None = None

    def facts(self) -> Mapping[str, Any]:
        named = {"prompt": self.prompt, "response": self.response, "history": self.history}
        return {"columns": {side: name for side, name in named.items() if name}}


def source_of(run: Path, split: Split) -> Source:
    """What a run was trained on: its dataset, or the file of a split."""
    recipe = recipe_around(run) if run_of(run) else None
    if recipe is None:
        raise OptionError(f"{run}: an adapter does not say what it learnt from; name a dataset or a file to answer")
    path: str | None = recipe.dataset or getattr(recipe, OFFICIAL_FILES[split])
    if path is None:
        raise OptionError(f"{run}: no {OFFICIAL_FILES[split]} in its recipe; name a dataset or a file to answer")
    return Source(
        path=Path(path), prompt=recipe.prompt_column, response=recipe.response_column, history=recipe.history_column
    )


def read_questions(source: Source, split: Split, limit: int | None = None) -> tuple[pl.DataFrame, Mapping[str, Any]]:
    """The columns ``prompt``, ``response`` and perhaps ``history``; and where they come from."""
    path = source.path
    if path.is_dir():
        dataset = PreparedDataset.open(path)
        if not dataset.count(split):
            sizes = ", ".join(f"{name} {dataset.count(name)}" for name in SPLITS)
            raise DatasetError(f"{path}: no records in {split} ({sizes}); choose another --split")
        path = dataset.file(split)
        records = read_records(path, Columns.of_shape(dataset.shape))
    else:
        records = _read_file(source)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    chosen = records if limit is None else records.head(limit)
    return chosen, {"data": str(path), "sha256": digest, "limit": limit, **source.facts()}


def _read_file(source: Source) -> pl.DataFrame:
    path, found = source.path, _names(source.path)
    if found is None:
        return read_records(path)  # which says what is wrong with it
    asked = source.prompt or next((name for name in PROMPTS if name in found), None)
    told = source.response or next((name for name in RESPONSES if name in found), None)
    if asked is None or asked not in found:
        wanted = asked or f"one of {', '.join(PROMPTS)}"
        raise FormatError(
            f"{path}: expected the column {wanted}; found {', '.join(found) or 'none'}; name it with --prompt-column"
        )
    if asked == "instruction" and "input" in found and source.prompt is None:
        raise FormatError(f"{path}: instructions with an input beside; convert it with prep convert --domain instruct")
    turns = source.history or (HISTORY if HISTORY in found else None)
    records = read_records(path, Columns(prompt=asked, response=told or asked, history=turns))
    return records if told else records.with_columns(response=pl.lit(None, dtype=pl.String))


def _names(path: Path) -> list[str] | None:
    """The columns of the first row; None where they cannot be told."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".csv":
            return next(csv.reader(text.splitlines()), [])
        first = json.loads(text) if text.lstrip().startswith("[") else [json.loads(text.lstrip().partition("\n")[0])]
    except (OSError, ValueError, csv.Error):
        return None
    return list(first[0]) if first and isinstance(first[0], dict) else None
