"""Frames of records for the tests of rules."""

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.lengths import lengths
from pipeline.rules.judge import judge
from pipeline.rules.rule import RuleOptions
from schemas.records import RECORD

Pairs = Sequence[Sequence[str | None] | None] | None


def record(prompt: str | None = "问", response: str | None = "答", history: Pairs = ()) -> Mapping[str, object]:
    return {"prompt": prompt, "response": response, "history": history, "group": prompt}


def frame(*records: Mapping[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(records), schema=dict(RECORD))


def reason(one: Mapping[str, object], options: RuleOptions | None = None) -> str | None:
    return judged(one, options)["reason"][0]


def judged(one: Mapping[str, object], options: RuleOptions | None = None) -> pl.DataFrame:
    return judge(measured(frame(one)), options or RuleOptions())


def measured(records: pl.DataFrame) -> pl.DataFrame:
    return records.with_columns(
        lengths(records[side], "chars").alias(f"{side}_length") for side in ("prompt", "response")
    )
