"""A few source rows taken through the stages of a conversion, with what each stage did to them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.cleaning.clean import explain
from pipeline.cleaning.step import Step
from pipeline.funnel import Funnel
from pipeline.keys import with_keys
from pipeline.options import ConvertOptions
from pipeline.readers.chunk import OFFSET, ROW, Chunk
from pipeline.rules.judge import judge
from pipeline.stages import Mapped, cleaned, convert, masked, measured, numbered, source_rows, steps_of
from schemas.limits import TokenCounter
from schemas.records import Domain

_SIDES = ("prompt", "response", "history")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One cleaning step that changed one text."""

    side: str
    """``prompt``, ``response`` or ``history[2] answer``, turns counted from 1."""
    step: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTrace:
    """One record of a row on its way."""

    record: int
    """Which of its row, from 1."""
    made: Mapping[str, Any]
    """What the converter made: prompt, response, history."""
    changes: Sequence[Change]
    turns_cut: int
    """Oldest turns of the history that were cut on request."""
    final: Mapping[str, Any]
    """What is written: after cleaning, cutting and masking."""
    reason: str | None
    """Of the rule that rejects it."""
    detail: str | None
    group: str
    """What keeps it in one split with others."""
    group_hash: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTrace:
    """One source row and what became of it."""

    row: int
    offset: int | None
    reason: str | None = None
    """Why it made no record at all."""
    detail: str | None = None
    records: Sequence[RecordTrace] = field(default_factory=list)


def trace(
    chunk: Chunk,
    table: Mapped,
    domain: Domain,
    options: ConvertOptions,
    counter: TokenCounter | None = None,
    *,
    closely: int | None = None,
) -> list[RowTrace]:
    """Follow every row of a (small) chunk; the record of this number also through every cleaning step."""
    steps = steps_of(domain, options)
    made = convert(source_rows(chunk.frame, table), table, options)
    whole = numbered(made.filter(pl.col("reason").is_null()).drop("reason"), None)
    records: dict[int, list[RecordTrace]] = {}
    for row, record in _records(whole, steps, options, counter, closely):
        records.setdefault(row, []).append(record)
    reasons = dict(made.filter(pl.col("reason").is_not_null()).select(ROW, "reason").iter_rows())
    read = [
        RowTrace(
            row=row, offset=offset, reason=None if row in records else reasons.get(row), records=records.get(row, [])
        )
        for row, offset in chunk.frame.select(ROW, OFFSET).iter_rows()
    ]
    unread = [
        RowTrace(row=row, offset=offset, reason=reason, detail=detail)
        for row, offset, _, reason, detail in chunk.rejected.iter_rows()
    ]
    return sorted([*read, *unread], key=lambda traced: traced.row)


def _records(
    whole: pl.DataFrame,
    steps: Sequence[Step],
    options: ConvertOptions,
    counter: TokenCounter | None,
    closely: int | None,
) -> Iterator[tuple[int, RecordTrace]]:
    tidy = cleaned(whole, options, steps, Funnel())
    judged = with_keys(judge(measured(masked(tidy, options, Funnel()), options, counter), options.rules))
    for before, unmasked, after in zip(whole.to_dicts(), tidy.to_dicts(), judged.to_dicts(), strict=True):
        yield (
            before[ROW],
            RecordTrace(
                record=before["record"],
                made={side: before[side] for side in _SIDES},
                changes=[*_cleaning(before, steps), *_masking(unmasked, after)] if before["record"] == closely else [],
                turns_cut=len(before["history"] or []) - len(after["history"] or []),
                final={side: after[side] for side in _SIDES},
                reason=after["reason"],
                detail=after["detail"],
                group=after["group"],
                group_hash=after["group_hash"],
            ),
        )


def _cleaning(record: Mapping[str, Any], steps: Sequence[Step]) -> Iterator[Change]:
    for side, text in _texts(record):
        for step, before, after in explain(text, steps):
            yield Change(side=side, step=step, before=before, after=after)


def _masking(record: Mapping[str, Any], masked: Mapping[str, Any]) -> Iterator[Change]:
    for (side, before), (_, after) in zip(_texts(record), _texts(masked), strict=True):
        if before != after:
            yield Change(side=side, step="personal_data_masked", before=before, after=after)


def _texts(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for number, turn in enumerate(record["history"] or [], start=1):
        for name, text in zip(("question", "answer"), turn or [], strict=False):
            if text is not None:
                yield f"history[{number}] {name}", text
    for side in ("prompt", "response"):
        if record[side] is not None:
            yield side, record[side]
