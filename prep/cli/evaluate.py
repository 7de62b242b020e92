"""``prep evaluate``: is a dataset worth fine-tuning on?"""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prep.cli.answering import answering
from prep.cli.command import Everyday, rare
from prep.cli.counter import Counter
from prep.cli.sharing import shared

if TYPE_CHECKING:
    from schemas.report import Lang, SuitabilityReport
    from train.evaluation.evaluate import EvaluationPlan
    from train.evaluation.models import Models
    from train.evaluation.people import People
    from train.evaluation.settings import Settings
    from train.evaluation.subject import Subject

_PIPE_WIDTH = 100
_FILE = click.Path(path_type=Path)


@click.command(cls=Everyday)
@click.argument("dataset", required=False)
@answering
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True, help="Where names lie."
)
@click.option("--items", type=click.IntRange(2), help="A sample of the test split.  [default: all]")
@click.option("--others", multiple=True, help="What may be forgotten, or none; repeatable.  [default: all]")
@click.option("--metrics", help="Shown ones: ROUGE-L,BLEU-4.  [default: all]")
@click.option("--curve", is_flag=True, help="Train on parts: would more data help?")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("evaluations"), show_default=True, help="Where reports lie."
)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", show_default=True, help="Of the pages.")
@click.option("--batch-size", type=click.IntRange(1), default=8, show_default=True, help="Halved on need.")
@click.option("--rating-sheet", type=click.IntRange(1), metavar="N", help="Blind sheets of N items for people.")
@click.option("--ratings", multiple=True, type=_FILE, help="Filled sheet, or a folder; repeatable.")
@click.option("--dry-run", is_flag=True, help="Show what would be measured, and end.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@rare(
    "--decoding",
    type=click.Choice(["slots", "compiled", "plain"]),
    default="slots",
    show_default=True,
    help="Of answers, as prep generate has it.",
)
@rare("--dev-items", type=click.IntRange(1), default=500, show_default=True, help="On which the best prompt is chosen.")
@rare("--other-items", type=click.IntRange(2), default=1000, show_default=True, help="Of each other dataset.")
@rare("--examples", type=click.IntRange(0, 4), default=4, show_default=True, help="That the base is shown at most.")
@rare("--raters", type=click.IntRange(1), default=1, show_default=True, help="A sheet for each.")
@rare("--checks", type=click.IntRange(0), default=0, show_default=True, help="Rows of a sheet with a known answer.")
@rare("--resamples", type=click.IntRange(100), default=10_000, show_default=True, help="Of the bootstrap.")
@rare("--seed", type=int, default=42, show_default=True, help="Of samples, shuffles and resamples.")
@shared
def evaluate(
    *,
    dataset: str | None,
    run: Path | None,
    model: str | None,
    data: Path,
    others: tuple[str, ...],
    out: Path,
    lang: "Lang",
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Compare a tuned model with its base on DATASET: a folder, or a name under --data; by default what the run was
    trained on. Broken off, the same command goes on.

    \b
    prep evaluate --run runs/legal-chatglm-6b-p_tuning_v2
    prep evaluate legal --model THUDM/chatglm-6b
    prep evaluate --run runs/legal-chatglm-6b-p_tuning_v2 --rating-sheet 100
    """
    with closing(Counter(quiet=as_json)) as counter:
        models = _models(counter, run, model, options)
        subject = _subject(counter, models, dataset, others or None, data)
        people = _people(out / subject.name, lang, options)
        settings = _settings(options)
        if dry_run:
            _show_plan(counter, subject, settings, out, as_json=as_json)
            return
        _evaluate(counter, subject, settings, out, people, as_json=as_json)


def _models(counter: Counter, run: Path | None, model: str | None, options: dict[str, Any]) -> "Models":
    """Takes out of ``options`` what is not a setting; loads torch."""
    from train.chatter import silence
    from train.evaluation.subject import models_of, with_limits

    silence()
    where = {name: options.pop(name) for name in ("dtype", "quantization", "device")}
    room = {"source": options.pop("max_source_length"), "target": options.pop("max_new_tokens")}
    return with_limits(models_of(run, model, **where, note=counter.note), **room)


def _subject(
    counter: Counter, models: "Models", dataset: str | None, others: tuple[str, ...] | None, data: Path
) -> "Subject":
    from train.evaluation.subject import subject_of

    return subject_of(models, dataset, others, data=data, note=counter.note)


def _people(folder: Path, lang: "Lang", options: dict[str, Any]) -> "People":
    """Takes out of ``options`` what is not a setting."""
    from train.evaluation.people import People, sheets_of

    asked = {"sheet": options.pop("rating_sheet"), "raters": options.pop("raters"), "checks": options.pop("checks")}
    return People(folder=folder, filled=sheets_of(options.pop("ratings")), lang=lang, **asked)


def _settings(options: dict[str, Any]) -> "Settings":
    from train.evaluation.settings import Settings

    named = options.pop("metrics") or ""
    return Settings(metrics=tuple(name.strip() for name in named.split(",") if name.strip()), **options)


def _evaluate(
    counter: Counter, subject: "Subject", settings: "Settings", out: Path, people: "People", *, as_json: bool
) -> None:
    from train.evaluation.evaluate import evaluate as evaluated
    from train.report.plain import plain
    from train.report.save import save_report

    try:
        about = subject.models, subject.dataset, subject.others
        report = evaluated(*about, settings, out=out, people=people, watcher=counter)
    except KeyboardInterrupt:
        counter.close()
        click.echo("prep: interrupted; what was measured is kept, the same command goes on", err=True)
        sys.exit(130)
    counter.close()
    folder = save_report(report, people.folder, lang=people.lang)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), **plain(report)}, ensure_ascii=False))
        return
    click.echo("\n".join(_lines(report, folder, people.lang)))


def _lines(report: "SuitabilityReport", folder: Path, lang: "Lang") -> Iterator[str]:
    from schemas.report import PAGE
    from train.report.terminal import summary

    yield summary(report, shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns, lang=lang)
    yield f"\n{folder}: written; open {folder / PAGE} in a browser"


def _show_plan(counter: Counter, subject: "Subject", settings: "Settings", out: Path, *, as_json: bool) -> None:
    from dataclasses import asdict

    from train.evaluation.evaluate import planned

    plan = planned(subject.models, subject.dataset, subject.others, settings, out=out, watcher=counter)
    if as_json:
        click.echo(json.dumps(asdict(plan), ensure_ascii=False, default=str))
        return
    click.echo("\n".join(_plan_lines(plan)))


def _plan_lines(plan: "EvaluationPlan") -> Iterator[str]:
    yield f"{'items':>8} {'tokens':>11} {'new tokens':>11}  what"
    for cell in plan.cells:
        new = f"<= {cell.most_new_tokens:,}" if cell.most_new_tokens else "-"
        state = " (there already)" if cell.is_there else ""
        yield f"{cell.items:>8,} {cell.tokens:>11,} {new:>11}  {cell.name}: {cell.kind}{state}"
    for part in plan.trainings:
        yield f"{part.size:>8,} {'-':>11} {'-':>11}  training, seed {part.seed}{' (there already)' * part.is_there}"
    waiting = [cell for cell in plan.cells if not cell.is_there]
    tokens = sum(cell.tokens for cell in waiting)
    answers = sum(cell.most_new_tokens for cell in waiting)
    trainings = sum(not part.is_there for part in plan.trainings)
    yield f"{len(waiting)} cells to measure: {tokens:,} tokens to read, {answers:,} to write at most"
    if plan.trainings:
        yield f"{trainings} trainings, and as many cells more"
    if any(cell.name.startswith("base:") and " dev" in cell.name for cell in waiting):
        yield "which way of asking the base is the best one shows when those on dev are measured"
