"""One chunk of source rows becomes one part of the dataset: converted, cleaned, judged, with its keys. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.cleaning.step import Step
from pipeline.funnel import Funnel
from pipeline.keys import with_keys
from pipeline.ledger import LEDGER, rejected_records, rejected_rows, unread_rows
from pipeline.near.banding import BANDS, with_bands
from pipeline.options import ConvertOptions
from pipeline.readers.chunk import ROW, Chunk
from pipeline.rules.judge import judge
from pipeline.stages import REASON, Mapped, cleaned, convert, masked, measured, numbered, source_rows
from schemas.limits import TokenCounter
from schemas.places import PLACE
from schemas.reasons import REASONS, TURN_COUNTS

DETAIL = "detail"
_TEXTS = ("prompt", "response")
_CARRIED = ("turns", "rank", "stratum", "time", BANDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What became of one chunk."""

    records: pl.DataFrame
    """Records that passed, with their place and keys."""
    ledger: pl.DataFrame
    """Rows and records that did not, as ``rejected.jsonl`` keeps them."""
    funnel: Funnel


def convert_chunk(
    chunk: Chunk,
    table: Mapped,
    options: ConvertOptions,
    steps: Sequence[Step],
    counter: TokenCounter | None = None,
) -> Part:
    """Take one chunk the whole way, as far as that needs no other chunk."""
    funnel = Funnel(read=chunk.rows_read, rejected_rows=Counter(chunk.rejected[REASON].to_list()))
    funnel.not_a_record.update(chunk.not_a_record)
    funnel.notes.update(chunk.notes)
    rows = source_rows(chunk.frame, table)
    made = convert(rows, table, options)
    lost = _count_rows(made, rows, funnel)
    chosen = numbered(made.filter(pl.col(REASON).is_null()).drop(REASON), chunk.only_records)
    _note_gone(chosen, chunk, funnel)
    records = cleaned(chosen, options, steps, funnel)
    judged = judge(measured(masked(records, options, funnel), options, counter), options.rules)
    failed = judged.filter(pl.col(REASON).is_not_null())
    funnel.made += judged.height
    funnel.rejected_records.update(failed[REASON].to_list())
    ledger = [
        unread_rows(chunk.rejected, table),
        rejected_rows(made.filter(pl.col(ROW).is_in(lost.implode())), chunk, table),
        rejected_records(failed, chunk, table),
    ]
    passed = judged.filter(pl.col(REASON).is_null()).drop(REASON, DETAIL)
    return Part(
        records=_with_raw(with_bands(with_keys(passed), options), chunk, table, options),
        ledger=pl.concat([frame.select(LEDGER) for frame in ledger]).sort("row", maintain_order=True),
        funnel=funnel,
    )


def _is_rejected_row() -> pl.Expr:
    kinds = {code: reason.kind for code, reason in REASONS.items()}
    return pl.col(REASON).replace_strict(kinds, default=None, return_dtype=pl.String) == "row"


def _count_rows(made: pl.DataFrame, rows: pl.DataFrame, funnel: Funnel) -> pl.Series:
    """Each row counts once: as converted if it gave any record, else by the reason why not. Gives the rejected ones."""
    outcome = _outcomes(made)
    if outcome.height != rows.height:
        raise RuntimeError(f"a converter lost {rows.height - outcome.height} rows without a reason")
    funnel.converted += int(outcome["converted"].sum())
    lost = outcome.filter(~pl.col("converted"))
    for code, count in lost[REASON].value_counts().iter_rows():
        kind = REASONS[code].kind
        if kind == "not_a_record":
            funnel.not_a_record[code] += count
        elif kind == "merged":
            funnel.merged += count
        else:
            funnel.rejected_rows[code] += count
    for name in TURN_COUNTS:
        if name in made.columns:
            funnel.turns[name] += int(made[name].sum() or 0)
    return lost.filter(_is_rejected_row())[ROW]


def _outcomes(made: pl.DataFrame) -> pl.DataFrame:
    """For each row whether it gave a record, and if not the reason."""
    converted = pl.col(REASON).is_null()
    if (made[ROW].diff() > 0).all():
        return made.select(ROW, REASON, converted=converted)
    return made.group_by(ROW).agg(pl.col(REASON).drop_nulls().first(), converted=converted.any())


def _note_gone(records: pl.DataFrame, chunk: Chunk, funnel: Funnel) -> None:
    """Count the records of a replayed ledger that its rows do not make any more, e.g. under ``--turns last``."""
    if chunk.only_records is not None:
        gone = chunk.only_records.join(records, on=[ROW, "record"], how="anti").height
        funnel.notes.update({"replayed_records_gone": gone} if gone else {})


def _with_raw(records: pl.DataFrame, chunk: Chunk, table: Mapped, options: ConvertOptions) -> pl.DataFrame:
    """Keep the source text where a later stage may still reject a record."""
    keep = [name for name in (*PLACE, "record", *_TEXTS, "history", "group") if name in records.columns]
    keys = [name for name in records.columns if name.endswith(("_hash", "_chars")) or name in _CARRIED]
    records = records.select(*keep, *keys)
    late = options.conflicts != "keep" or options.max_per_prompt is not None or "rank" in records.columns
    if not late and not options.against:
        return records
    rows = chunk.frame.filter(pl.col(ROW).is_in(records[ROW].implode()))
    raw = rows.select(ROW).with_columns(chunk.raw(rows).alias("raw")).unique(ROW)
    return records.join(raw, on=ROW, how="left", maintain_order="left")
