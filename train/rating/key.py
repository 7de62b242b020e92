"""The key of a drawing: which answer stood on which side. It stays with whoever hands out the sheets."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from schemas.errors import ModelError
from train.rating.sheet import Answer, Drawing, Pair, fingerprint

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A row of a sheet."""

    record: str
    sides: tuple[Answer, Answer]

    @property
    def is_check(self) -> bool:
        return "right" in self.sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Of all sheets of one drawing."""

    dataset: str
    sheets: Mapping[str, Sequence[KeyRow]]
    """Sheet -> its rows in their order."""
    identical: int
    answers: str
    """``fingerprint`` of the items."""

    def is_about(self, pairs: Iterable[Pair]) -> bool:
        """Whether the sheets show these answers, or a part of them."""
        rated = {row.record for rows in self.sheets.values() for row in rows if not row.is_check}
        return fingerprint(pair for pair in pairs if pair.record in rated) == self.answers


def key_text(drawing: Drawing, dataset: str) -> str:
    """As the key's file holds it; no texts, so that it may lie beside the report."""
    sheets = {
        sheet.id: [{"record": row.record, "first": row.sides[0], "second": row.sides[1]} for row in sheet.rows]
        for sheet in drawing.sheets
    }
    held = {"format": FORMAT, "dataset": dataset, "seed": drawing.seed, "identical": drawing.identical}
    return json.dumps({**held, "answers": drawing.answers, "sheets": sheets}, indent=1) + "\n"


def read_key(path: Path) -> Key:
    """Raises ModelError where there is none, or none that can be read."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return _key(held)
    except FileNotFoundError:
        raise ModelError(f"{path}: no key; write the sheets first, with --rating-sheet N") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: no key of rating sheets ({error}); write new sheets with --rating-sheet N") from None


def _key(held: Any) -> Key:
    if held["format"] != FORMAT:
        raise ValueError(f"format {held['format']!r}, expected {FORMAT}")
    sheets = {name: [_row(row) for row in rows] for name, rows in held["sheets"].items()}
    identical, answers = int(held["identical"]), str(held["answers"])
    return Key(dataset=str(held["dataset"]), sheets=sheets, identical=identical, answers=answers)


def _row(row: Mapping[str, Any]) -> KeyRow:
    sides = (row["first"], row["second"])
    if not set(sides) <= set(get_args(Answer)):
        raise ValueError(f"sides {sides}")
    return KeyRow(record=str(row["record"]), sides=sides)
