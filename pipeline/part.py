"""One chunk of source rows becomes one part of the dataset: converted, cleaned, judged, with its keys. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from converters.converter import Converter
from converters.converter import Options as ConverterOptions
from pipeline.cleaning.clean import clean, clean_history
from pipeline.cleaning.step import Step
from pipeline.funnel import Funnel
from pipeline.history import cut_histories
from pipeline.keys import with_keys
from pipeline.ledger import LEDGER, rejected_records, rejected_rows, unread_rows
from pipeline.lengths import lengths
from pipeline.options import ConvertOptions
from pipeline.readers.chunk import OFFSET, ROW, Chunk
from pipeline.rules.judge import judge
from pipeline.rules.pii import mask_personal_data
from schemas.limits import TokenCounter
from schemas.places import PLACE
from schemas.reasons import REASONS, TURN_COUNTS
from schemas.records import HISTORY, has_history

REASON, DETAIL = "reason", "detail"
_TEXTS = ("prompt", "response")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """How the rows of one table become records."""

    file: str
    converter: Converter
    mapping: Mapping[str, str]
    """The converter's name of a column -> the source's name of it."""
    stratify: str | None = None
    """Column of the source whose values are to be spread evenly over the splits."""

    @property
    def columns(self) -> dict[str, pl.DataType]:
        """The source's columns that are needed, and their types."""
        wanted = {source: self.converter.columns[name].dtype for name, source in self.mapping.items()}
        return {**({self.stratify: pl.String()} if self.stratify else {}), **wanted}


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
    rows = _source_rows(chunk.frame, table)
    made = _convert(rows, table, options)
    _count_rows(made, rows, funnel)
    numbered = _numbered(made.filter(pl.col(REASON).is_null()).drop(REASON), chunk.only_records)
    records = _cleaned(numbered, options, steps, funnel)
    judged = judge(_measured(_masked(records, options, funnel), options, counter), options.rules)
    failed = judged.filter(pl.col(REASON).is_not_null())
    funnel.made += judged.height
    funnel.rejected_records.update(failed[REASON].to_list())
    ledger = [
        unread_rows(chunk.rejected, table.file),
        rejected_rows(made.filter(_is_rejected_row()), chunk, table.file),
        rejected_records(failed, chunk, table.file),
    ]
    passed = judged.filter(pl.col(REASON).is_null()).drop(REASON, DETAIL)
    return Part(
        records=_with_raw(with_keys(passed), chunk, table, options),
        ledger=pl.concat([frame.select(LEDGER) for frame in ledger]).sort("row", maintain_order=True),
        funnel=funnel,
    )


def _source_rows(frame: pl.DataFrame, table: Mapped) -> pl.DataFrame:
    """The columns of the source under the converter's names, null where the source has no such column."""
    present = set(frame.columns)
    named = [
        pl.col(table.mapping[name]).alias(name)
        if table.mapping.get(name) in present
        else pl.lit(None, dtype=column.dtype).alias(name)
        for name, column in table.converter.columns.items()
    ]
    stratum = [pl.col(table.stratify).alias("stratum")] if table.stratify else []
    return frame.select(ROW, OFFSET, *named, *stratum)


def _convert(rows: pl.DataFrame, table: Mapped, options: ConvertOptions) -> pl.DataFrame:
    """Apply the converter and fill in what it leaves to the defaults."""
    asked = ConverterOptions(turns=options.turns, statutes=options.statutes)
    made = table.converter.records(rows.lazy(), asked).collect()
    if ROW not in made.columns:
        if made.height != rows.height:
            raise RuntimeError(f"{table.converter.name} made {made.height} lines of {rows.height} rows without {ROW}")
        made = made.with_columns(rows[ROW])
    defaults = {"history": pl.lit([], dtype=HISTORY), REASON: pl.lit(None, dtype=pl.String)}
    made = made.with_columns(value.alias(name) for name, value in defaults.items() if name not in made.columns)
    places = rows.select(ROW, OFFSET, *(["stratum"] if table.stratify else []))
    made = made.drop(OFFSET, "stratum", strict=False).join(places, on=ROW, how="left", maintain_order="left")
    if options.direction == "reverse":
        made = _reversed(made)
    return made.with_columns(pl.col("history").fill_null(pl.lit([], dtype=HISTORY)))


def _reversed(made: pl.DataFrame) -> pl.DataFrame:
    """Swap the sides; what groups a record stays what it was."""
    group = pl.col("group") if "group" in made.columns else pl.col("prompt")
    return made.with_columns(prompt="response", response="prompt", group=group)


def _is_rejected_row() -> pl.Expr:
    kinds = {code: reason.kind for code, reason in REASONS.items()}
    return pl.col(REASON).replace_strict(kinds, default=None, return_dtype=pl.String) == "row"


def _count_rows(made: pl.DataFrame, rows: pl.DataFrame, funnel: Funnel) -> None:
    """Each row counts once: as converted if it gave any record, else by the reason why not."""
    outcome = made.group_by(ROW).agg(
        converted=pl.col(REASON).is_null().any(), reason=pl.col(REASON).drop_nulls().first()
    )
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


def _numbered(records: pl.DataFrame, only: pl.DataFrame | None) -> pl.DataFrame:
    """Number the records of each row from 1, and keep those that are wanted."""
    number = pl.lit(1, dtype=pl.UInt32)
    if not records[ROW].is_unique().all():
        number = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over(ROW)
    numbered = records.with_columns(record=number)
    if only is None:
        return numbered
    return numbered.join(only, on=[ROW, "record"], how="semi", maintain_order="left")


def _cleaned(records: pl.DataFrame, options: ConvertOptions, steps: Sequence[Step], funnel: Funnel) -> pl.DataFrame:
    texts = [*_TEXTS, *(["group"] if "group" in records.columns else [])]
    for name in texts if steps else ():
        column, changed = clean(records[name], steps)
        records = records.with_columns(column.alias(name))
        if name != "group":
            funnel.cleaned.update(changed)
    if steps and has_history(records):
        column, changed = clean_history(records["history"], steps)
        records = records.with_columns(column.alias("history"))
        funnel.cleaned.update(changed)
    if "group" not in records.columns:
        records = records.with_columns(group="prompt")
    records = records.with_columns(group=pl.coalesce("group", "prompt"))
    return cut_histories(records, options.max_history_turns, options.max_history_chars, funnel.turns)


def _masked(records: pl.DataFrame, options: ConvertOptions, funnel: Funnel) -> pl.DataFrame:
    if options.rules.pii != "mask":
        return records
    masked, count = mask_personal_data(records)
    funnel.cleaned["personal_data_masked"] += count
    return masked


def _measured(records: pl.DataFrame, options: ConvertOptions, counter: TokenCounter | None) -> pl.DataFrame:
    if not options.rules.needs_lengths:
        return records
    unit = options.rules.unit
    return records.with_columns(lengths(records[side], unit, counter).alias(f"{side}_length") for side in _TEXTS)


def _with_raw(records: pl.DataFrame, chunk: Chunk, table: Mapped, options: ConvertOptions) -> pl.DataFrame:
    """Keep the source text where a later stage may still reject a record."""
    keep = [name for name in (*PLACE, "record", *_TEXTS, "history", "group") if name in records.columns]
    keys = [
        name for name in records.columns if name.endswith(("_hash", "_chars")) or name in ("turns", "rank", "stratum")
    ]
    records = records.select(*keep, *keys)
    late = options.conflicts != "keep" or options.max_per_prompt is not None or "rank" in records.columns
    if not late:
        return records
    rows = chunk.frame.filter(pl.col(ROW).is_in(records[ROW].implode()))
    raw = rows.select(ROW).with_columns(chunk.raw(rows).alias("raw")).unique(ROW)
    return records.join(raw, on=ROW, how="left", maintain_order="left")
