"""The stages between a chunk of source rows and records that can be judged. Pure, each a frame in and a frame out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from converters.converter import Converter, held_as
from converters.converter import Options as ConverterOptions
from pipeline.cleaning.clean import clean, clean_history
from pipeline.cleaning.registry import steps_for
from pipeline.cleaning.step import Step
from pipeline.funnel import Funnel
from pipeline.history import cut_histories
from pipeline.lengths import lengths
from pipeline.moment import moment
from pipeline.options import ConvertOptions
from pipeline.rules.pii import mask_personal_data
from schemas.errors import OptionError
from schemas.limits import TokenCounter
from schemas.places import OFFSET, ROW
from schemas.records import HISTORY, Domain, has_history

REASON = "reason"
_SIDES = ("prompt", "response")
_CARRIED = ("stratum", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """How the rows of one table become records."""

    file: str
    reader: str
    converter: Converter
    mapping: Mapping[str, str]
    """The converter's name of a column -> the source's name of it."""
    stratify: str | None = None
    """Column of the source whose values are to be spread evenly over the splits."""
    time: str | None = None
    """Column of the source by whose times the splits are cut."""

    @property
    def columns(self) -> dict[str, pl.DataType]:
        """The source's columns that are needed, and their types; ``ANY_JSON`` is known to the JSON reader alone."""
        wanted = {source: self.converter.columns[name].dtype for name, source in self.mapping.items()}
        if self.reader != "json":
            wanted = {source: held_as(dtype) for source, dtype in wanted.items()}
        return {**{column: pl.String() for column in (self.stratify, self.time) if column}, **wanted}


def steps_of(domain: Domain, options: ConvertOptions) -> list[Step]:
    """The cleaning steps of a domain and those that were asked for."""
    asked = [name for name in ("width", "nfkc", "simplified") if getattr(options, name)]
    return steps_for(domain, clean=options.clean, asked=asked)


def source_rows(frame: pl.DataFrame, table: Mapped) -> pl.DataFrame:
    """The columns of the source under the converter's names, null where the source has no such column."""
    present = set(frame.columns)
    named = [
        pl.col(table.mapping[name]).alias(name)
        if table.mapping.get(name) in present
        else pl.lit(None, dtype=held_as(column.dtype)).alias(name)
        for name, column in table.converter.columns.items()
    ]
    stratum = [pl.col(table.stratify).alias("stratum")] if table.stratify else []
    time = [moment(pl.col(table.time)).alias("time")] if table.time else []
    return frame.select(ROW, OFFSET, *named, *stratum, *time)


def convert(rows: pl.DataFrame, table: Mapped, options: ConvertOptions) -> pl.DataFrame:
    """Apply the converter and fill in what it leaves to the defaults."""
    asked = ConverterOptions(turns=options.turns, statutes=options.statutes)
    made = table.converter.records(rows.lazy(), asked).collect()
    carried = [name for name in _CARRIED if name in rows.columns]
    places = rows.select(ROW, OFFSET, *carried)
    if ROW not in made.columns:
        if made.height != rows.height:
            raise RuntimeError(f"{table.converter.name} made {made.height} lines of {rows.height} rows without {ROW}")
        made = made.hstack(places)
    else:
        made = made.drop(OFFSET, *_CARRIED, strict=False).join(places, on=ROW, how="left", maintain_order="left")
    defaults = {"history": pl.lit([], dtype=HISTORY), REASON: pl.lit(None, dtype=pl.String)}
    made = made.with_columns(value.alias(name) for name, value in defaults.items() if name not in made.columns)
    if options.direction == "reverse":
        made = _reversed(made)
    return made.with_columns(pl.col("history").fill_null(pl.lit([], dtype=HISTORY)))


def _reversed(made: pl.DataFrame) -> pl.DataFrame:
    """Swap the sides; what groups a record stays what it was."""
    if has_history(made):
        raise OptionError("--direction reverse: some records are dialogues, whose sides cannot be swapped")
    group = pl.col("group") if "group" in made.columns else pl.col("prompt")
    return made.with_columns(prompt="response", response="prompt", group=group)


def numbered(records: pl.DataFrame, only: pl.DataFrame | None) -> pl.DataFrame:
    """Number the records of each row from 1; of the rows in ``only`` keep the records that stand there."""
    number = pl.lit(1, dtype=pl.UInt32)
    if not (records[ROW].diff() > 0).all():
        number = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over(ROW)
    whole = records.with_columns(record=number)
    if only is None:
        return whole
    is_wanted = pl.struct(ROW, "record").is_in(only.select(one=pl.struct(ROW, "record"))["one"].implode())
    return whole.filter(~pl.col(ROW).is_in(only[ROW].implode()) | is_wanted)


def cleaned(records: pl.DataFrame, options: ConvertOptions, steps: Sequence[Step], funnel: Funnel) -> pl.DataFrame:
    if steps:
        both, changed = clean(pl.concat((records["prompt"], records["response"])), steps)
        funnel.cleaned.update(changed)
        prompts, responses = both.slice(0, records.height), both.slice(records.height)
        records = records.with_columns(prompts.alias("prompt"), responses.alias("response"))
    if steps and "group" in records.columns:
        records = records.with_columns(clean(records["group"], steps)[0])
    if steps and has_history(records):
        column, changed = clean_history(records["history"], steps)
        records = records.with_columns(column.alias("history"))
        funnel.cleaned.update(changed)
    if "group" not in records.columns:
        records = records.with_columns(group="prompt")
    records = records.with_columns(group=pl.coalesce("group", "prompt"))
    return cut_histories(records, options.max_history_turns, options.max_history_chars, funnel.turns)


def masked(records: pl.DataFrame, options: ConvertOptions, funnel: Funnel) -> pl.DataFrame:
    if options.rules.pii != "mask":
        return records
    masked, count = mask_personal_data(records)
    funnel.cleaned["personal_data_masked"] += count
    return masked


def measured(records: pl.DataFrame, options: ConvertOptions, counter: TokenCounter | None) -> pl.DataFrame:
    if not options.rules.needs_lengths:
        return records
    unit = options.rules.unit
    return records.with_columns(lengths(records[side], unit, counter).alias(f"{side}_length") for side in _SIDES)
