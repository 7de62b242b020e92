"""What a source is and how it would be read, from its first rows; nothing is converted and nothing is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from converters.converter import Converter
from converters.registry import CONVERTERS
from pipeline.choose import Choice, choose
from pipeline.find import find_partner, unfolded, with_partner
from pipeline.options import ConvertOptions
from pipeline.readers.chunk import PLACE, ROW, Chunk, Columns, ReadOptions, Table
from pipeline.readers.registry import read_tables
from pipeline.sources.expand import expand
from pipeline.sources.hub import hub_tables
from pipeline.trace import RowTrace, trace
from schemas.errors import FormatError, SourceError

_CHUNK_BYTES = 1 << 18
_MOST_CHUNKS = 4
_ROWS = 50
_NOTHING: tuple[object, ...] = (None, "", [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One source row, before and after."""

    before: Mapping[str, str]
    after: RowTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedTable:
    """One table of a source."""

    table: Table
    choice: Choice | None
    """The converter that would be used; null where there is none."""
    refusal: str | None
    examples: Mapping[str, str]
    """Every column with its first value that is not empty."""
    shown: Sequence[Shown] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """All that a source holds."""

    tables: Sequence[InspectedTable]
    passed_over: Sequence[tuple[str, str]]
    """Name and why: files that are no data, or cannot be read."""


def inspect_sources(sources: Sequence[str], options: ConvertOptions, *, records: int = 3) -> Inspection:
    """Look at the first rows of every table. Raises SourceError for a single source that cannot be read."""
    expansion = expand(sources)
    _, partner = find_partner(options)
    reading = ReadOptions(encoding=options.encoding, table=options.table, chunk_bytes=_CHUNK_BYTES)
    passed = [(skipped.name, skipped.why) for skipped in expansion.skipped]
    tables: list[Table] = []
    for source in expansion.inputs:
        try:
            tables += unfolded(read_tables(source, reading))
        except SourceError as error:
            if source.name in sources or len(expansion.inputs) == 1:
                raise
            passed.append((source.name, str(error).removeprefix(f"{source.name}: ")))
    for spec in expansion.hub:
        tables += hub_tables(spec, reading)
    return Inspection(tables=[_inspected(table, partner, options, records) for table in tables], passed_over=passed)


def _inspected(table: Table, partner: Table | None, options: ConvertOptions, records: int) -> InspectedTable:
    examples = _examples(table)
    try:
        table = with_partner(table, partner, options)
        choice = choose(table, options)
    except FormatError as error:
        return InspectedTable(table=table, choice=None, refusal=str(error), examples=examples)
    shown = _shown(choice, options, records)
    return InspectedTable(table=table, choice=choice, refusal=None, examples=examples, shown=shown)


def _examples(table: Table) -> dict[str, str]:
    found: dict[str, str] = dict.fromkeys(table.columns, "")
    for row in reversed(table.sample):
        found.update({name: str(value) for name, value in row.items() if name not in PLACE and value not in _NOTHING})
    return found


def _shown(choice: Choice, options: ConvertOptions, records: int) -> list[Shown]:
    """The first rows that become records, as they are and as they would be; where none does, the first rows."""
    domain = options.domain or choice.mapped.converter.domain
    whole = {row[ROW]: row for chunk in _first(choice.table, None) for row in chunk.frame.to_dicts()}
    shown: list[Shown] = []
    for chunk in _first(choice.table, choice.mapped.columns):
        for traced in trace(chunk, choice.mapped, domain, options):
            row = whole.get(traced.row, {})
            before = {name: text for name, text in row.items() if name not in PLACE and text is not None}
            shown.append(Shown(before=before or _raw(chunk, traced.row), after=traced))
    return ([each for each in shown if each.after.records] or shown)[:records]


def _raw(chunk: Chunk, row: int) -> dict[str, str]:
    """Of a row that could not be read."""
    return {"raw": chunk.rejected.filter(pl.col(ROW) == row)["raw"][0] or ""}


def _first(table: Table, columns: Columns | None) -> Iterator[Chunk]:
    """The first rows that hold anything, cut out of the first chunks."""
    missing = _ROWS
    for _, chunk in zip(range(_MOST_CHUNKS), table.chunks(columns), strict=False):
        first = Chunk(frame=chunk.frame.head(missing), rejected=chunk.rejected.head(missing))
        yield first
        missing -= max(first.frame.height, first.rejected.height)
        if missing <= 0:
            break


def formats() -> list[dict[str, Any]]:
    """Every converter: what it is for, and the columns by which it knows its sources."""
    return [_format(converter) for converter in CONVERTERS.values()]


def _format(converter: Converter) -> dict[str, Any]:
    return {
        "name": converter.name,
        "about": converter.about,
        "verified": converter.verified,
        "hints": converter.hints,
        "columns": {
            name: {
                "required": column.required,
                "type": "text" if column.dtype == pl.String else "list",
                "aliases": list(column.aliases),
                "unverified": list(column.unverified),
            }
            for name, column in converter.columns.items()
        },
    }


def as_json(inspection: Inspection) -> dict[str, Any]:
    """Plain values."""
    return {
        "tables": [_table_as_json(each) for each in inspection.tables],
        "passed_over": [{"name": name, "why": why} for name, why in inspection.passed_over],
    }


def _table_as_json(each: InspectedTable) -> dict[str, Any]:
    table, choice = each.table, each.choice
    return {
        "name": table.name,
        "reader": table.reader,
        "encoding": table.encoding,
        "facts": dict(table.facts),
        "columns": dict(each.examples),
        "refusal": each.refusal,
        "converter": None
        if choice is None
        else {
            "name": choice.mapped.converter.name,
            "about": choice.mapped.converter.about,
            "verified": choice.mapped.converter.verified,
            "mapping": dict(choice.mapped.mapping),
            "unverified": list(choice.unverified),
            "alternatives": list(choice.alternatives),
        },
        "records": [{"before": dict(shown.before), "after": _after(shown.after)} for shown in each.shown],
    }


def _after(traced: RowTrace) -> dict[str, Any]:
    records = [
        {"record": each.record, **each.final, "reason": each.reason, "detail": each.detail} for each in traced.records
    ]
    return {"row": traced.row, "offset": traced.offset, "reason": traced.reason, "records": records}
