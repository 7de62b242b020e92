"""``prep validate``: whether trainers can read a dataset, and file, line and field of what they cannot."""

import json
from pathlib import Path

import click

from prep.cli.command import Everyday
from schemas.errors import OptionError, OutcomeError
from schemas.records import JSON_SCHEMAS


@click.command(cls=Everyday)
@click.argument("dataset", required=False)
@click.option("--max-messages", type=click.IntRange(0), default=20, show_default=True, help="All are counted.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--schema", type=click.Choice(list(JSON_SCHEMAS)), help="Print the JSON Schema of a record instead.")
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True, help="Where datasets lie."
)
def validate(dataset: str | None, max_messages: int, as_json: bool, schema: str | None, data: Path) -> None:
    """Check DATASET: a folder, a name under --data, or any file of content/summary or prompt/response/history lines.
    Exit code 0: valid, 2: not. E.g. prep validate data/patent."""
    if schema is not None:
        click.echo(json.dumps(next(found for name, found in JSON_SCHEMAS.items() if name == schema), indent=2))
        return
    if dataset is None:
        raise OptionError("prep validate: no dataset; expected a folder, a file or --schema, e.g. data/patent")
    from pipeline.validate import validate as check

    named = data / dataset
    path = named if not Path(dataset).exists() and named.exists() else Path(dataset)
    report = check(path, max_messages=max_messages)
    total = sum(report.problems.values())
    counts = ", ".join(f"{count:,} in {name}" for name, count in report.records.items())
    if as_json:
        click.echo(
            json.dumps(
                {
                    "path": str(report.path),
                    "valid": report.is_valid,
                    "shape": report.shape,
                    "records": dict(report.records),
                    "problems": dict(report.problems),
                    "messages": list(report.messages),
                },
                ensure_ascii=False,
            )
        )
    else:
        for message in report.messages:
            click.echo(message)
        if total > len(report.messages):
            click.echo(f"… and more: {total:,} problems in all; show them with --max-messages {total}")
    if not report.is_valid:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in report.problems.items())
        noun = "problem" if total == 1 else "problems"
        raise OutcomeError(f"{report.path}: not valid: {total:,} {noun} ({kinds}) among {counts or 'no'} records")
    if not as_json:
        click.echo(f"{report.path}: valid, {report.shape} records: {counts}")
