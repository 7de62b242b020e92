"""``prep validate``: whether trainers can read a dataset, and file, line and field of what they cannot."""

import json
from pathlib import Path

import click

from prep.cli.command import Everyday
from prep.cli.leaks import show_leaks
from schemas.errors import OptionError, OutcomeError
from schemas.records import JSON_SCHEMAS


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

        show_leaks(leaks_of([_path(name, data) for name in datasets]), as_json=as_json)
        return
    if len(datasets) > 1:
        raise OptionError("prep validate: several datasets; expected one, or a training file and others with --leakage")
    from pipeline.validate import validate as check

    report = check(_path(datasets[0], data), max_messages=max_messages)
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


def _path(name: str, data: Path) -> Path:
    named = data / name
    return named if not Path(name).exists() and named.exists() else Path(name)
