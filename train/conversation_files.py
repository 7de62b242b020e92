"""Rows that are whole conversations (``{"conversations": [{"from", "value"}]}``), as Baichuan2's trainer reads them.

Each becomes one record: the last question with its answer, and the pairs before them as its history.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from schemas.errors import FormatError
from schemas.records import HISTORY

COLUMN = "conversations"
_ASKING, _ANSWERING = ("human", "user"), ("gpt", "assistant")


def holds_conversations(rows: Sequence[Mapping[str, Any]]) -> bool:
    return bool(rows) and COLUMN in rows[0]


def records_of_conversations(path: Path, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Raises FormatError where a question has no answer, or an answer no question: ``prep convert`` sets them aside."""
    pairs = [_pairs(path, number, row.get(COLUMN)) for number, row in enumerate(rows, start=1)]
    last = [turns[-1] for turns in pairs]
    return pl.DataFrame(
        {
            "prompt": [question for question, _ in last],
            "response": [answer for _, answer in last],
            "history": [turns[:-1] for turns in pairs],
        },
        schema={"prompt": pl.String, "response": pl.String, "history": HISTORY},
    )


def _pairs(path: Path, number: int, turns: Any) -> list[list[str]]:
    if not isinstance(turns, list) or not turns or not all(_is_turn(turn) for turn in turns):
        found = json.dumps(turns, ensure_ascii=False)
        raise FormatError(
            f'{path}: record {number}: {COLUMN} is {found[:60]}; expected a list of {{"from": "human", "value": text}}'
        )
    speakers = [turn["from"] for turn in turns]
    expected = [_ANSWERING if place % 2 else _ASKING for place in range(len(turns))]
    if len(turns) % 2 or not all(speaker in names for speaker, names in zip(speakers, expected, strict=True)):
        raise FormatError(
            f"{path}: record {number}: {', '.join(speakers[:6])} take turns; expected human, gpt, human, gpt …; "
            "convert the file with prep convert, which sets such turns aside"
        )
    said = [turn["value"] for turn in turns]
    return [list(pair) for pair in zip(said[::2], said[1::2], strict=True)]


def _is_turn(turn: Any) -> bool:
    return isinstance(turn, dict) and isinstance(turn.get("from"), str) and isinstance(turn.get("value"), str)
