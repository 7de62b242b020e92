"""``prep export``: what was made here, as others read it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prep.cli.command import Everyday
from schemas.dataset import MANIFEST, PreparedDataset, folder_of
from schemas.errors import OptionError
from schemas.run import RUN

if TYPE_CHECKING:
    from pipeline.export.export import Export

DATASETS = (
    *("llama-factory", "ms-swift", "axolotl", "firefly", "sharegpt", "alpaca", "openai", "official", "parquet", "hub"),
)
RUNS = ("merged", "peft", "official-prefix", "gguf-ready")
"""What a dataset and a run can become; named here so that help needs neither polars nor torch."""
FOLDER = click.Path(path_type=Path)
_ON_A_CARD = ("license", "source")


@click.command(cls=Everyday)
@click.argument("what", metavar="DATASET|RUN")
@click.option(
    "--to",
    required=True,
    metavar="FORMAT",
    type=click.Choice([*DATASETS, *RUNS]),
    help=f"Of a dataset: {', '.join(DATASETS)}. Of a run: {', '.join(RUNS)}.",
)
@click.option("--name", help="Of the export.  [default: DATASET-FORMAT]")
@click.option("--data", type=FOLDER, default=Path("data"), show_default=True, help="Where names of datasets lie.")
@click.option("--out", type=FOLDER, default=Path("exports"), show_default=True, help="Where the export will lie.")
@click.option("--repo", metavar="OWNER/NAME", help="hub: where to push.")
@click.option("--license", metavar="NAME", help="hub, parquet: e.g. cc-by-4.0, other.")
@click.option("--source", multiple=True, metavar="TEXT", help="hub, parquet: where the texts are from; repeatable.")
@click.option("--public", is_flag=True, help="hub: for all to see; private without it.")
@click.option("--model", metavar="PATH", help="Of a run: its base, where it lies elsewhere now.")
@click.option("--overwrite", is_flag=True, help="Replace an export of the same name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def export(
    *,
    what: str,
    to: str,
    name: str | None,
    data: Path,
    out: Path,
    repo: str | None,
    license: str | None,
    source: tuple[str, ...],
    public: bool,
    model: str | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write DATASET as another trainer reads it, or RUN as another library loads it.

    \b
    prep export legal --to llama-factory
    prep export legal --to hub --repo me/legal --license other --source URL
    prep export runs/legal-chatglm-6b-lora --to peft
    """
    if to in RUNS:
        _refuse_a_dataset(folder_of(what, data), to)
        _export_run(what, to, name=name, out=out, model=model, overwrite=overwrite, as_json=as_json)
        return
    from pipeline.export.export import export as exported
    from pipeline.export.hub import check_statement, push

    _refuse_a_run(what, to)
    if to == "hub":
        repo = check_statement(repo, license, source)
    else:
        _refuse_misplaced(to, repo=repo, public=public, license=license, source=source)
    dataset = PreparedDataset.open(folder_of(what, data))
    done = exported(dataset, to, out=out, name=name, license=license, sources=source, overwrite=overwrite)
    url = push(done.path, repo, private=not public) if repo is not None else None
    if as_json:
        shown = {"path": str(done.path), "unchanged": done.unchanged, "use": done.use, "url": url, **done.facts}
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    click.echo("\n".join(_lines(done, url)))


def _lines(done: "Export", url: str | None) -> Iterator[str]:
    from pipeline.export.page import LEFT_BEHIND, unsaid_lines
    from pipeline.export.registry import TARGETS

    facts = done.facts
    counts = ", ".join(f"{count:,} {split}" for split, count in facts["records"].items())
    yield f"{done.path}: {'there already, unchanged' if done.unchanged else 'written'}: {counts}"
    yield from unsaid_lines(TARGETS[facts["to"]], facts["unsaid"])
    yield LEFT_BEHIND
    if url is not None:
        yield f"pushed to {url}"
    else:
        yield "tell the trainer:"
        yield from (f"  {line}" for line in done.use.splitlines())
    yield "read it back with:"
    yield f"  {facts['back']}"


def _export_run(
    what: str, to: str, *, name: str | None, out: Path, model: str | None, overwrite: bool, as_json: bool
) -> None:
    from train.chatter import silence, without_bars
    from train.export.export import export_run

    silence()
    with without_bars():
        done = export_run(Path(what), to, out=out, name=name, model=model, overwrite=overwrite, note=_note)
    if as_json:
        click.echo(json.dumps({"path": str(done.path), **done.facts}, ensure_ascii=False))
        return
    click.echo(f"{done.path}: {'there already, unchanged' if done.unchanged else 'written'}")
    click.echo("\n".join(done.lines))


def _note(line: str) -> None:
    click.echo(line, err=True)


def _refuse_a_run(what: str, to: str) -> None:
    if (Path(what) / RUN).is_file():
        raise OptionError(f"--to {to}: {what} is a run, not a dataset; a run becomes {', '.join(RUNS)}")


def _refuse_a_dataset(place: Path, to: str) -> None:
    if (place / MANIFEST).is_file():
        raise OptionError(f"--to {to}: {place} is a dataset, not a run; a dataset becomes {', '.join(DATASETS)}")


def _refuse_misplaced(to: str, **given: object) -> None:
    """Options of a hub, and of the card that ``parquet`` has too."""
    fitting = ("license", "source") if to == "parquet" else ()
    for name, value in given.items():
        if value and name not in fitting:
            where = "hub or parquet" if name in _ON_A_CARD else "hub"
            raise OptionError(f"--{name} belongs to --to {where}; found --to {to}")
