"""From what the user typed to tables that a converter understands."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.choose import Choice, choose
from pipeline.join import joined
from pipeline.options import ConvertOptions
from pipeline.readers.chunk import ReadOptions, Table
from pipeline.readers.registry import read_tables
from pipeline.replay import is_ledger, replayed
from pipeline.sources.expand import expand
from pipeline.sources.hub import hub_tables
from pipeline.sources.inputs import Input
from schemas.dataset import MANIFEST, SPLITS
from schemas.errors import FormatError, OptionError, PrepError, SourceError
from schemas.parts import split_file

_WITH_TABLES = ("sqlite", "excel")

Watched = Callable[[Input], Input]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the sources hold."""

    inputs: list[Input]
    choices: list[Choice]
    """Tables with their converters, in the order in which they are read."""
    passed_over: list[tuple[str, str]]
    """Name and why: files and tables that are not converted, to be said aloud."""
    hub: list[str] = field(default_factory=list)
    """Data sets that ``datasets`` reads."""
    partners: list[Input] = field(default_factory=list)
    """The joined file."""
    held: list[Input] = field(default_factory=list)
    """Files of other datasets that hold out what stands in them."""


def find_tables(sources: Sequence[str], options: ConvertOptions, watched: Watched = lambda source: source) -> Found:
    """Expand the sources, open them and choose a converter for every table.

    A source that the user named must be understood; other files of a folder or archive may be passed over, as long as
    any is understood.
    """
    expansion = expand(sources)
    passed = [(skipped.name, skipped.why) for skipped in expansion.skipped]
    named = set(sources)
    partners, partner = find_partner(options)
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
    _check_table(choices, options)
    return Found(
        inputs=expansion.inputs,
        choices=choices,
        passed_over=passed,
        hub=expansion.hub,
        partners=partners,
        held=_held(options),
    )


def _held(options: ConvertOptions) -> list[Input]:
    """The files of ``--against``; of a dataset folder those of dev and test."""
    folders = [Path(name) for name in options.against if (Path(name) / MANIFEST).is_file()]
    splits = [split_file(folder, split) for folder in folders for split in SPLITS[1:]]
    files = [name for name in options.against if Path(name) not in folders]
    named = [*files, *(str(path) for path in splits if path.is_file() and path.stat().st_size)]
    return expand(named).inputs if named else []


def _check_table(choices: Sequence[Choice], options: ConvertOptions) -> None:
    if options.table is not None and not any(choice.table.reader in _WITH_TABLES for choice in choices):
        readers = ", ".join(dict.fromkeys(choice.table.reader for choice in choices))
        raise OptionError(f"--table {options.table}: expected a database or a workbook, found {readers}; leave it out")


def _reading(options: ConvertOptions) -> ReadOptions:
    return ReadOptions(encoding=options.encoding, table=options.table)


def _choices(
    tables: list[Table], options: ConvertOptions, partner: Table | None, passed: list[tuple[str, str]]
) -> list[Choice]:
    """Of several tables in one input those that a converter understands; at least one must be."""
    found: list[Choice] = []
    refused: list[FormatError] = []
    for table in unfolded(tables):
        try:
            found.append(choose(with_partner(table, partner, options), options))
        except FormatError as error:
            refused.append(error)
    if not found and refused:
        raise refused[0]
    passed += [_split_message(str(error)) for error in refused]
    return found


def unfolded(tables: Iterable[Table]) -> Iterator[Table]:
    """The tables, a ledger as those of the files whose rows it keeps."""
    for table in tables:
        yield from replayed(table) if is_ledger(table) else (table,)


def with_partner(table: Table, partner: Table | None, options: ConvertOptions) -> Table:
    return table if partner is None else joined(table, partner, options.on or "")


def find_partner(options: ConvertOptions) -> tuple[list[Input], Table | None]:
    """The file of ``--join`` and its only table."""
    if options.join is None:
        return [], None
    inputs = expand([options.join]).inputs
    tables = [table for each in inputs for table in read_tables(each, ReadOptions(encoding=options.encoding))]
    if len(tables) != 1:
        names = ", ".join(table.name for table in tables) or "none"
        raise SourceError(f"--join {options.join}: expected one table, found {len(tables)}: {names}")
    return inputs, tables[0]


def _all_refused(refused: list[PrepError]) -> PrepError:
    if len(refused) == 1:
        return refused[0]
    first = "; ".join(str(error) for error in refused[:3])
    return FormatError(f"none of {len(refused)} files can be converted: {first}")


def _split_message(message: str) -> tuple[str, str]:
    name, _, why = message.partition(": ")
    return name, why or os.fspath(message)
