"""``prep inspect``."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prep.cli.command import Everyday
from prep.cli.convert import MAPPING
from schemas.errors import OptionError
from schemas.reasons import REASONS
from schemas.records import DOMAINS, PAIR_COLUMNS

if TYPE_CHECKING:
    from pipeline.inspect import InspectedTable, Shown

_WIDTH = 160
_RECORDS = 3
"""Shown of a dialogue."""


@click.command(cls=Everyday)
@click.argument("sources", nargs=-1, metavar="SOURCE")
@click.option("--domain", type=click.Choice(DOMAINS), help="Default: found from columns and content.")
@click.option("--format", help="A converter by name, e.g. patent/bdci, instead of finding one.")
@click.option("--map", "map_", type=MAPPING, multiple=True, help="content=标题 summary=摘要: name the columns.")
@click.option("--direction", type=click.Choice(["forward", "reverse"]), help="reverse: abstract -> title.")
@click.option("--encoding", help="Instead of finding it: utf-8, gb18030, utf-16-le …")
@click.option("--table", help="A table of a database, a sheet of a workbook.")
@click.option("--join", type=click.Path(path_type=Path), help="Another file with missing columns.")
@click.option("--on", help="The column that both files have.")
@click.option("--records", type=click.IntRange(0), default=3, show_default=True, help="Shown of every table.")
@click.option("--formats", is_flag=True, help="List all formats and their columns instead.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with whole texts and nothing else.")
def inspect(*, sources: tuple[str, ...], records: int, formats: bool, as_json: bool, **flat: Any) -> None:
    """Show what SOURCE (a file, folder, glob, archive, - or hf::name) is and how prep convert would read it.

    \b
    prep inspect patents.csv
    prep inspect --formats
    """
    from pipeline.inspect import as_json as in_json
    from pipeline.inspect import formats as all_formats
    from pipeline.inspect import inspect_sources
    from prep.options import convert_options, merged

    if formats:
        click.echo(
            json.dumps(all_formats(), ensure_ascii=False) if as_json else "\n".join(_format_lines(all_formats()))
        )
        return
    if not sources:
        raise OptionError("prep inspect: no source; expected a file, a folder or --formats, e.g. patents.csv")
    found = inspect_sources(sources, convert_options(merged(flat)), records=records)
    if as_json:
        click.echo(json.dumps(in_json(found), ensure_ascii=False))
        return
    for table in found.tables:
        click.echo("\n".join(_table_lines(table)))
    for name, why in found.passed_over:
        click.echo(f"{name}\n  passed over: {why}")


def _table_lines(found: "InspectedTable") -> Iterator[str]:
    table = found.table
    yield table.name
    facts = [table.encoding or "", *(f"{name}: {value}" for name, value in table.facts.items())]
    yield _line("reader", ", ".join([table.reader, *filter(None, facts)]))
    if found.choice is None:
        yield _line("refused", (found.refusal or "").removeprefix(f"{table.name}: "))
        yield _line("columns", "with their first values")
        for name, example in found.examples.items():
            yield f"    {name or '(no name)'} = {_cut(example)}"
        return
    yield _line("columns", ", ".join(found.examples))
    yield from _converter_lines(found)
    for shown in found.shown:
        yield from _record_lines(shown)


def _converter_lines(found: "InspectedTable") -> Iterator[str]:
    if found.choice is None:
        return
    converter, choice = found.choice.mapped.converter, found.choice
    yield _line(
        "converter", f"{converter.name}: {converter.about}{'' if converter.verified else ' (unverified format)'}"
    )
    for own, source in choice.mapped.mapping.items():
        yield f"    {own} = {source}{' (unverified)' if source in choice.unverified else ''}"
    if choice.alternatives:
        yield _line("also", f"{', '.join(choice.alternatives)}: choose with --format")


def _record_lines(shown: "Shown") -> Iterator[str]:
    after = shown.after
    yield _line("before", f"row {after.row}" + (f", byte {after.offset:,}" if after.offset is not None else ""))
    for name, text in shown.before.items():
        yield f"    {name} = {_cut(text)}"
    if after.reason is not None:
        yield _line("no record", _reason(after.reason, after.detail))
    for record in after.records[:_RECORDS]:
        yield _line("after", _reason(record.reason, record.detail) if record.reason else "one record")
        for side, column in PAIR_COLUMNS.items():
            yield f"    {column} = {_cut(record.final[side])}"
        if history := record.final["history"] or []:
            yield f"    history = {len(history)} turns, the last {_cut(history[-1])}"
    if len(after.records) > _RECORDS:
        yield _line("after", f"… and {len(after.records) - _RECORDS} more records of the row")


def _reason(code: str, detail: str | None) -> str:
    return f"rejected as {code}: {REASONS[code].text}" + (f" ({detail})" if detail else "")


def _line(name: str, text: str) -> str:
    return f"  {name:<10} {text}"


def _cut(text: str | list[str] | None) -> str:
    plain = json.dumps(text, ensure_ascii=False)
    return plain if len(plain) <= _WIDTH else f"{plain[:_WIDTH]}… ({len(plain):,} characters)"


def _format_lines(formats: list[dict[str, Any]]) -> Iterator[str]:
    for each in formats:
        yield f"{each['name']}{'' if each['verified'] else ' (unverified)'}: {each['about']}"
        for name, column in each["columns"].items():
            yield f"    {name}: {_names(column)}"


def _names(column: Mapping[str, Any]) -> str:
    names = [*column["aliases"], *(f"{name} (unverified)" for name in column["unverified"])]
    return ", ".join(names) + ("" if column["required"] else "  [optional]")
