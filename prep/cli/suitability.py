"""``prep suitability``: which of these datasets are worth fine-tuning on, and what each does to the others?"""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prep.cli.command import Everyday, rare
from prep.cli.sharing import shared
from schemas.errors import OptionError

if TYPE_CHECKING:
    from prep.cli.studying import Steps
    from schemas.report import Lang, SuitabilityReport
    from train.recipe.gather import Layer
    from train.suitability.clock import Clock
    from train.suitability.plan import SuitabilityPlan
    from train.suitability.setup import Setup

_PIPE_WIDTH = 100
FOLDER = click.Path(path_type=Path)


@click.command(cls=Everyday)
@click.option("--domains", multiple=True, help="Datasets: legal,patent; repeatable.  [default: all in --data]")
@click.option("--run", "runs", multiple=True, metavar="NAME=RUN", help="A run to take for a dataset; repeatable.")
@click.option(
    "--model", "models", multiple=True, help="Folder, hub name or tiny; repeatable.  [default: as prep train]"
)
@click.option("--method", help="What trains.  [default: p_tuning_v2]")
@click.option("--recipe", multiple=True, help="A YAML file, or a preset that prep recipes lists.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="One key of the recipe; repeatable.")
@click.option("--budget", metavar="TIME", help="Most time for all: 6h, 90min; the most telling cells first.")
@click.option("--items", type=click.IntRange(2), help="A sample of each test split.  [default: all]")
@click.option("--curve", is_flag=True, help="Train on parts too: would more data help?")
@click.option("--out", type=FOLDER, default=Path("suitability"), show_default=True, help="Where reports lie.")
@click.option("--name", help="Of the report's folder.  [default: MODEL-METHOD]")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", show_default=True, help="Of the pages.")
@click.option("--dry-run", is_flag=True, help="Show what it will cost, and end.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@rare("--data", type=FOLDER, default=Path("data"), show_default=True, help="Where datasets lie.")
@rare("--runs", "runs_folder", type=FOLDER, default=Path("runs"), show_default=True, help="Where runs lie.")
@rare("--evaluations", type=FOLDER, default=Path("evaluations"), show_default=True, help="Where cells are kept.")
@rare("--metrics", help="Shown ones: ROUGE-L,BLEU-4.  [default: all]")
@rare("--max-new-tokens", type=click.IntRange(1), help="Longest answer.  [default: as in training]")
@rare("--max-source-length", type=click.IntRange(4), help="Longest prompt.  [default: as in training]")
@rare("--sampling", type=click.Choice(["greedy", "official"]), default="greedy", show_default=True, help="Of answers.")
@rare("--batch-size", type=click.IntRange(1), default=8, show_default=True, help="Of cells; halved on need.")
@rare("--dev-items", type=click.IntRange(1), default=500, show_default=True, help="On which the best prompt is chosen.")
@rare("--other-items", type=click.IntRange(2), default=1000, show_default=True, help="Of other datasets.")
@rare("--examples", type=click.IntRange(0, 4), default=4, show_default=True, help="That the base is shown at most.")
@rare("--resamples", type=click.IntRange(100), default=10_000, show_default=True, help="Of the bootstrap.")
@rare("--seed", type=int, default=42, show_default=True, help="Of samples, shuffles and resamples.")
@shared
def suitability(
    *, out: Path, name: str | None, lang: "Lang", budget: str | None, dry_run: bool, as_json: bool, **options: Any
) -> None:
    """Train an adapter for each dataset, test each on all, and write one report. Broken off, the same command goes on.

    \b
    prep suitability --dry-run
    prep suitability --method lora --budget 6h
    prep suitability --domains legal,instruct,legal-mixed --set max_steps=100
    prep suitability --domains legal --model tiny-llama --model tiny-qwen
    """
    from prep.cli.studying import Steps
    from prep.cli.training.hearing import libraries_heard

    with closing(Steps(quiet=as_json)) as steps, libraries_heard(steps.note):
        from train.suitability.clock import clock_of
        from train.suitability.plan import planned
        from train.suitability.suitability import report_name

        clock = clock_of(budget)
        setups = _setups(steps, options, dry_run=dry_run)
        place = out / (name or report_name(setups, is_selection=bool(options["domains"])))
        plans = [planned(setup, steps, dry_run=dry_run) for setup in setups]
        _show_plans([setup.model for setup in setups], plans, budget, dry_run=dry_run, as_json=as_json)
        if not dry_run:
            _show(_studied(steps, setups, plans, clock), place, lang, as_json=as_json)


def _setups(steps: "Steps", options: Mapping[str, Any], *, dry_run: bool) -> "list[Setup]":
    """Loads torch; everything above does not."""
    from train.evaluation.settings import Settings
    from train.recipe.flags import parse_pairs
    from train.recipe.presets import recipe_layer
    from train.suitability.bases import setups_of

    own = {"method": options["method"]} if options["method"] else {}
    layers: list[Layer] = [recipe_layer(each) for each in options["recipe"]]
    layers += [("--set", parse_pairs(options["pairs"])), ("command line", {**own, "out": str(options["runs_folder"])})]
    names = [name.strip() for each in options["domains"] for name in each.split(",") if name.strip()]
    plain = ("items", "dev_items", "other_items", "examples", "sampling", "resamples", "seed", "batch_size", "curve")
    metrics = tuple(name.strip() for name in (options["metrics"] or "").split(",") if name.strip())
    return setups_of(
        options["models"],
        names or None,
        _given(options["runs"]),
        layers,
        Settings(metrics=metrics, **{key: options[key] for key in plain}),
        data=options["data"],
        note=steps.note,
        dry_run=dry_run,
        evaluations=options["evaluations"],
        max_source_length=options["max_source_length"],
        max_target_length=options["max_new_tokens"],
    )


def _given(runs: Sequence[str]) -> dict[str, Path]:
    """``legal=runs/…``, by dataset."""
    given: dict[str, Path] = {}
    for pair in runs:
        dataset, equals, folder = pair.partition("=")
        if not (equals and dataset and folder) or dataset in given:
            raise OptionError(f"--run {pair}: expected one run a dataset, e.g. --run legal=runs/legal-tiny-lora")
        given[dataset] = Path(folder)
    return given


def _show_plans(
    models: Sequence[str], plans: "Sequence[SuitabilityPlan]", budget: str | None, *, dry_run: bool, as_json: bool
) -> None:
    from dataclasses import asdict

    from prep.cli.studying import plan_lines

    if not as_json:
        for model, plan in zip(models, plans, strict=True):
            click.echo("\n".join([*filter(None, [model]), *plan_lines(plan, budget)]))
    elif dry_run:
        told = {model: asdict(plan) for model, plan in zip(models, plans, strict=True)}
        click.echo(json.dumps(told if len(plans) > 1 else told[models[0]], ensure_ascii=False))


def _studied(
    steps: "Steps", setups: "Sequence[Setup]", plans: "Sequence[SuitabilityPlan]", clock: "Clock"
) -> "SuitabilityReport":
    from train.early_end import Interrupted
    from train.suitability.suitability import suitability as studied

    try:
        return studied(setups, plans, clock=clock, watcher=steps, observer=steps.trainings)
    except (KeyboardInterrupt, Interrupted):
        click.echo("prep: interrupted; what was trained and measured is kept, the same command goes on", err=True)
        sys.exit(130)
    finally:
        steps.close()


def _show(report: "SuitabilityReport", place: Path, lang: "Lang", *, as_json: bool) -> None:
    from train.report.plain import plain
    from train.report.save import save_report

    folder = save_report(report, place, lang=lang)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), **plain(report)}, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(report, folder, lang)))


def _lines(report: "SuitabilityReport", folder: Path, lang: "Lang") -> Iterator[str]:
    from schemas.report import PAGE
    from train.report.terminal import summary

    width = shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns
    yield "\n" + summary(report, width, lang=lang, scores=len(report.domains) == 1)
    yield f"\n{folder}: written; open {folder / PAGE} in a browser"
