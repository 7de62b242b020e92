"""``prep experiment``: a question, what is changed and held fixed, and an answer with its interval."""

import json
import shutil
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prep.cli.command import Everyday, rare
from prep.cli.counter import Counter
from prep.cli.sharing import shared

if TYPE_CHECKING:
    from schemas.report import Lang
    from train.experiments.experiment import Experiment
    from train.experiments.run import Finished

_PIPE_WIDTH = 100


@click.command(cls=Everyday)
@click.argument("file", required=False)
@click.option("--list", "lists", is_flag=True, help="List the experiments that come with the program.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="max_steps=2, data.train=64 …; repeatable.")
@click.option("--model", help="Of all cells: a folder, a name of the hub, or tiny.")
@click.option("--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True, help="Of datasets.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("experiments"),
    show_default=True,
    help="Of runs and reports.",
)
@click.option("--rating-sheet", type=click.IntRange(1), metavar="N", help="Write a blind sheet of N items to rate.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", show_default=True, help="Of the pages.")
@click.option("--dry-run", is_flag=True, help="Show cells and cost; train nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@rare("--resamples", type=click.IntRange(100), default=10_000, show_default=True, help="Of the bootstrap.")
@rare("--batch-size", type=click.IntRange(1), default=8, show_default=True, help="Of answers; halved on need.")
@shared
def experiment(
    *,
    file: str | None,
    lists: bool,
    pairs: tuple[str, ...],
    model: str | None,
    data: Path,
    out: Path,
    rating_sheet: int | None,
    lang: "Lang",
    dry_run: bool,
    as_json: bool,
    **options: int,
) -> None:
    """Run the experiment in FILE, a YAML file or one that comes with the program; without FILE list those. Broken off,
    the same command goes on.

    \b
    prep experiment history-length --dry-run
    prep experiment old-with-new --model tiny --set max_steps=20
    """
    if file is None or lists:
        _list()
        return
    from prep.cli.training.hearing import libraries_heard

    with closing(Counter(quiet=as_json)) as counter, libraries_heard(counter.note):
        stated = _read(file, pairs, model)
        if dry_run:
            _plan(stated, data, out, counter, as_json=as_json)
            return
        done = _ran(stated, data, out, counter, **options)
        folder, sheets = _saved(stated, done, out, rating_sheet, lang)
    _show(done, folder, sheets, lang, as_json=as_json)


def _list() -> None:
    from train.experiments.presets import PRESETS, about

    width = max(map(len, PRESETS)) + 2
    for name in PRESETS:
        click.echo(f"{name:<{width}}{about(name)}")


def _read(file: str, pairs: Sequence[str], model: str | None) -> "Experiment":
    from train.experiments.build import read_experiment
    from train.experiments.presets import experiment_file

    return read_experiment(experiment_file(file), pairs, model=model)


def _plan(stated: "Experiment", data: Path, out: Path, counter: Counter, *, as_json: bool) -> None:
    from tempfile import TemporaryDirectory

    from prep.mixer import mixer
    from train.experiments.run import plan_experiment
    from train.experiments.terminal import plan_lines
    from train.report.plain import plain

    with TemporaryDirectory() as scratch:
        place = Path(scratch)
        mixing = mixer(data, place / "mixed", stated.data.seed)
        plan = plan_experiment(stated, data=data, out=out, scratch=place, mixer=mixing, watcher=counter)
        text = json.dumps(plain(plan), ensure_ascii=False) if as_json else "\n".join(plan_lines(plan))
    click.echo(text)


def _ran(stated: "Experiment", data: Path, out: Path, counter: Counter, **options: int) -> "Finished":
    from prep.mixer import mixer
    from train.experiments.run import run_experiment

    mixing = mixer(data, data, stated.data.seed)
    try:
        return run_experiment(stated, data=data, out=out, mixer=mixing, watcher=counter, **options)
    except KeyboardInterrupt:
        counter.close()
        click.echo("prep: interrupted; what was done is kept, the same command goes on", err=True)
        sys.exit(130)


def _saved(
    stated: "Experiment", done: "Finished", out: Path, rating_sheet: int | None, lang: "Lang"
) -> tuple[Path, Sequence[Path]]:
    from train.experiments.rating import write_rating_sheet
    from train.experiments.save import save_experiment

    folder = save_experiment(done.report, out / stated.name, lang=lang)
    if rating_sheet is None:
        return folder, ()
    return folder, write_rating_sheet(done.report, done.measured, rating_sheet, folder, lang=lang)


def _show(done: "Finished", folder: Path, sheets: Sequence[Path], lang: "Lang", *, as_json: bool) -> None:
    from schemas.report import PAGE
    from train.experiments.terminal import summary
    from train.report.plain import plain

    if as_json:
        click.echo(json.dumps({"folder": str(folder), **plain(done.report)}, ensure_ascii=False))
        return
    click.echo("\n".join(summary(done.report, shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns, lang=lang)))
    for path in sheets:
        click.echo(f"{path}: written")
    click.echo(f"\n{folder}: written; open {folder / PAGE} in a browser")
