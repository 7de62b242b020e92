"""Cleaning of a column: one cheap look at every text, then the steps over the few texts that need them.

The chain is repeated over the texts that it changed until they stay as they are: cleaning twice is cleaning once.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from pipeline.cleaning.code import mask, unmask
from pipeline.cleaning.history import map_texts
from pipeline.cleaning.signs import suspects
from pipeline.cleaning.step import Step

MAX_ROUNDS = 20
"""Every step shortens or simplifies, so one or two rounds do; the bound only guards against steps that disagree."""

Change = tuple[Step, pl.Series, pl.Series, pl.Series]
"""The step, the rows that it changed, their texts before and after."""


def clean(text: pl.Series, steps: Sequence[Step]) -> tuple[pl.Series, dict[str, int]]:
    """The cleaned column, and how many texts each step changed. Null stays null."""
    counts = dict.fromkeys((step.name for step in steps), 0)
    dirty = _dirty(text, steps)
    if dirty.is_empty():
        return text, counts
    cleaned, touched = _clean_all(text.gather(dirty), steps)
    for name, rows in touched.items():
        counts[name] = pl.concat(rows).n_unique()
    return put(text, dirty, cleaned), counts


def clean_history(history: pl.Series, steps: Sequence[Step]) -> tuple[pl.Series, dict[str, int]]:
    """The cleaned histories, and how many texts in them each step changed."""
    return map_texts(history, lambda texts: clean(texts, steps))


def explain(text: str, steps: Sequence[Step]) -> list[tuple[str, str, str]]:
    """What each step did to one text, in order: name of the step, text before, text after."""
    done: list[tuple[str, str, str]] = []
    for _ in range(MAX_ROUNDS):
        round_ = list(_round(pl.Series([text], dtype=pl.String), steps))
        if not round_ or round_[-1][3][0] == text:
            break
        done += [(step.name, before[0], after[0]) for step, _rows, before, after in round_]
        text = done[-1][2]
    return done


def put(column: pl.Series, rows: pl.Series, values: pl.Series) -> pl.Series:
    """A copy of the column with ``values`` at ``rows``."""
    return column.clone().scatter(rows, values)


def _clean_all(texts: pl.Series, steps: Sequence[Step]) -> tuple[pl.Series, dict[str, list[pl.Series]]]:
    touched: dict[str, list[pl.Series]] = {}
    pending = pl.int_range(texts.len(), dtype=pl.UInt32, eager=True)
    for _ in range(MAX_ROUNDS):
        before = after = texts.gather(pending)
        changes: list[tuple[str, pl.Series]] = []
        for step, rows, _before, changed in _round(before, steps):
            changes.append((step.name, pending.gather(rows)))
            after = put(after, rows, changed)
        moved = (after != before).arg_true()
        if moved.is_empty():
            break
        pending, after = pending.gather(moved), after.gather(moved)
        texts = put(texts, pending, after)
        for name, rows in changes:  # what a later step undid does not count
            touched.setdefault(name, []).append(rows.filter(rows.is_in(pending.implode())))
        pending = pending.gather(_dirty(after, steps))
    return texts, touched


def _round(texts: pl.Series, steps: Sequence[Step]) -> Iterator[Change]:
    """Each step once, with its code masked; yields what every step changed."""
    coded = texts.str.contains("`", literal=True).arg_true()
    masked, pieces = mask(texts.gather(coded).to_list())
    texts = put(texts, coded, pl.Series(masked, dtype=pl.String))
    code = dict(zip(coded.to_list(), pieces, strict=True))
    for step in steps:
        found = texts.str.contains(step.gate)
        if not found.any():
            continue
        rows = found.arg_true()
        before = texts.gather(rows)
        after = step(before)
        changed = (after != before).arg_true()
        if changed.is_empty():
            continue
        rows, before, after = rows.gather(changed), before.gather(changed), after.gather(changed)
        texts = put(texts, rows, after)
        yield step, rows, _with_code(before, rows, code), _with_code(after, rows, code)


def _with_code(texts: pl.Series, rows: pl.Series, code: dict[int, list[str]]) -> pl.Series:
    if not code:
        return texts
    pieces = [code.get(row, []) for row in rows.to_list()]
    return pl.Series(unmask(texts.to_list(), pieces), dtype=pl.String) if any(pieces) else texts


def _dirty(texts: pl.Series, steps: Sequence[Step]) -> pl.Series:
    """Rows in which the gate of some step finds something; one search for all gates costs no more than one for one."""
    gates = "|".join(f"(?:{step.gate})" for step in steps)
    rows = suspects(texts) if steps and all(step.has_signs for step in steps) else None
    if rows is None:
        return texts.str.contains(gates).arg_true() if steps else pl.Series(dtype=pl.UInt32)
    return rows.filter(texts.gather(rows).str.contains(gates))
