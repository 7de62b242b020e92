"""``prep validate``: whether trainers can read a dataset, and file, line and field of what they cannot."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prep.cli.command import Everyday
from prep.cli.leaks import show_leaks
from schemas.dataset import folder_of
from schemas.errors import OptionError, OutcomeError
from schemas.records import JSON_SCHEMAS

if TYPE_CHECKING:
    from pipeline.validate import ValidationReport


@click.command(cls=Everyday)
@click.argument("datasets", metavar="[DATASET]...", nargs=-1)
@click.option("--leakage", is_flag=True, help="What dev and test have in common with train.")
@click.option("--max-messages", type=click.IntRange(0), default=20, show_default=True, help="All are counted.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--schema", type=click.Choice(list(JSON_SCHEMAS)), help="Print the JSON Schema of a record instead.")
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True, help="Where datasets lie."
)
def validate(
    *, datasets: tuple[str, ...], leakage: bool, max_messages: int, as_json: bool, schema: str | None, data: Path
) -> None:
    """Check DATASET: a folder, a name under --data, or any file of content/summary or prompt/response/history lines.
    Exit code 0: valid, 2: not. E.g. prep validate data/patent, or prep validate --leakage train.json test.json: the
    first file is trained on, the others (of any format that prep convert reads) are held out."""
    if schema is not None:
        click.echo(json.dumps(next(found for name, found in JSON_SCHEMAS.items() if name == schema), indent=2))
        return
    if not datasets:
        raise OptionError("prep validate: no dataset; expected a folder, a file or --schema, e.g. data/patent")
    if leakage:
        from pipeline.leaks import leaks_of

        show_leaks(leaks_of([folder_of(name, data) for name in datasets]), as_json=as_json)
        return
    if len(datasets) > 1:
        raise OptionError("prep validate: several datasets; expected one, or a training file and others with --leakage")
    from pipeline.validate import validate as check

    report = check(folder_of(datasets[0], data), max_messages=max_messages)
    click.echo("\n".join(_messages(report)) if not as_json else json.dumps(_facts(report), ensure_ascii=False))
    if not report.is_valid:
        raise OutcomeError(_verdict(report))


def _messages(report: "ValidationReport") -> Iterator[str]:
    yield from report.messages
    total = sum(report.problems.values())
    if total > len(report.messages):
        yield f"… and more: {total:,} problems in all; show them with --max-messages {total}"
    if report.is_valid:
        yield f"{report.path}: valid, {report.shape} records: {_counts(report)}"


def _facts(report: "ValidationReport") -> dict[str, Any]:
    return {
        "path": str(report.path),
        "valid": report.is_valid,
        "shape": report.shape,
        "records": dict(report.records),
        "problems": dict(report.problems),
        "messages": list(report.messages),
    }


def _verdict(report: "ValidationReport") -> str:
    total = sum(report.problems.values())
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in report.problems.items())
    noun = "problem" if total == 1 else "problems"
    return f"{report.path}: not valid: {total:,} {noun} ({kinds}); records: {_counts(report) or 'none'}"


def _counts(report: "ValidationReport") -> str:
    return ", ".join(f"{count:,} in {name}" for name, count in report.records.items())
