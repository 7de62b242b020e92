"""From what the user typed to tables that a converter understands."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.choose import Choice, choose
from pipeline.join import joined
from pipeline.options import ConvertOptions
from pipeline.readers.chunk import ReadOptions, Table
from pipeline.readers.registry import read_tables
from pipeline.replay import is_ledger, replayed
from pipeline.sources.expand import expand
from pipeline.sources.hub import hub_tables
from pipeline.sources.inputs import Input
from schemas.errors import FormatError, PrepError, SourceError

Watched = Callable[[Input], Input]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the sources hold."""

    inputs: list[Input]
    choices: list[Choice]
    """Tables with their converters, in the order in which they are read."""
    passed_over: list[tuple[str, str]]
    """Name and why: files and tables that are not converted, to be said aloud."""


def find_tables(sources: Sequence[str], options: ConvertOptions, watched: Watched = lambda source: source) -> Found:
    """Expand the sources, open them and choose a converter for every table.

    A source that the user named must be understood; other files of a folder or archive may be passed over, as long as
    any is understood.
    """
    expansion = expand(sources)
    passed = [(skipped.name, skipped.why) for skipped in expansion.skipped]
    named = set(sources)
    partner = _only_table(options.join, options) if options.join is not None else None
    choices: list[Choice] = []
    refused: list[PrepError] = []
    for source in expansion.inputs:
        try:
            choices += _choices(read_tables(watched(source), _reading(options)), options, partner, passed)
        except (FormatError, SourceError) as error:
            if source.name in named or len(expansion.inputs) == 1:
                raise
            refused.append(error)
    for spec in expansion.hub:
        choices += _choices(hub_tables(spec, _reading(options)), options, partner, passed)
    if not choices:
        raise _all_refused(refused)
    passed += [_split_message(str(error)) for error in refused]
    return Found(inputs=expansion.inputs, choices=choices, passed_over=passed)


def _reading(options: ConvertOptions) -> ReadOptions:
    return ReadOptions(encoding=options.encoding, table=options.table)


def _choices(
    tables: list[Table], options: ConvertOptions, partner: Table | None, passed: list[tuple[str, str]]
) -> list[Choice]:
    """Of several tables in one input those that a converter understands; at least one must be."""
    found: list[Choice] = []
    refused: list[FormatError] = []
    for table in _unfolded(tables):
        whole = joined(table, partner, options.on or "") if partner is not None else table
        try:
            found.append(choose(whole, options))
        except FormatError as error:
            refused.append(error)
    if not found and refused:
        raise refused[0]
    passed += [_split_message(str(error)) for error in refused]
    return found


def _unfolded(tables: list[Table]) -> Iterator[Table]:
    for table in tables:
        yield from replayed(table) if is_ledger(table) else (table,)


def _only_table(source: str, options: ConvertOptions) -> Table:
    inputs = expand([source]).inputs
    tables = [table for each in inputs for table in read_tables(each, _reading(replace(options, table=None)))]
    if len(tables) != 1:
        names = ", ".join(table.name for table in tables)
        raise SourceError(f"--join {source}: expected one table, found {len(tables)}: {names}")
    return tables[0]


def _all_refused(refused: list[PrepError]) -> PrepError:
    if len(refused) == 1:
        return refused[0]
    first = "; ".join(str(error) for error in refused[:3])
    return FormatError(f"none of {len(refused)} files can be converted: {first}")


def _split_message(message: str) -> tuple[str, str]:
    name, _, why = message.partition(": ")
    return name, why or os.fspath(message)
