"""A record: its one form inside, its two shapes on disk, and what is true of every valid one."""

from collections.abc import Mapping
from typing import Any, Literal

import polars as pl

Domain = Literal["encyclopedia", "legal", "paper", "patent", "instruct"]
DOMAINS: tuple[Domain, ...] = ("encyclopedia", "legal", "paper", "patent", "instruct")

Shape = Literal["pair", "chat"]
"""``pair`` is ``{content, summary}`` as in AdvertiseGen, ``chat`` is ``{prompt, response, history}``."""

HISTORY = pl.List(pl.List(pl.String))
"""Earlier turns, oldest first: a list of ``[question, answer]`` pairs, empty for single turns."""

RECORD: Mapping[str, pl.DataType] = {
    "prompt": pl.String(),
    "response": pl.String(),
    "history": HISTORY,
    "group": pl.String(),
}
"""Columns of a frame of records. ``group`` is what must never straddle two splits."""

PAIR_COLUMNS = {"prompt": "content", "response": "summary"}

JSON_SCHEMAS: Mapping[Shape, Mapping[str, Any]] = {
    "pair": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "content/summary record",
        "type": "object",
        "properties": {
            "content": {"type": "string", "pattern": r"\S"},
            "summary": {"type": "string", "pattern": r"\S"},
        },
        "required": ["content", "summary"],
        "additionalProperties": False,
    },
    "chat": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "prompt/response/history record",
        "type": "object",
        "properties": {
            "prompt": {"type": "string", "pattern": r"\S"},
            "response": {"type": "string", "pattern": r"\S"},
            "history": {
                "type": "array",
                "items": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
            },
        },
        "required": ["prompt", "response", "history"],
        "additionalProperties": False,
    },
}
"""The declared schema, as JSON Schema. ``pipeline/rules/schema.py`` says the same in polars expressions."""


def on_disk(records: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    """Give records the columns that they have in ``train.json``."""
    if shape == "pair":
        return records.select(pl.col(inside).alias(outside) for inside, outside in PAIR_COLUMNS.items())
    return records.select("prompt", "response", "history")


def has_history(records: pl.DataFrame) -> bool:
    """Whether any record has earlier turns."""
    return bool((records["history"].list.len() > 0).any())
