"""``prep train``: a recipe from a file, ``--set`` and flags, and a training that is shown as it goes."""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prep.cli.command import Everyday
from prep.cli.sharing import is_first
from schemas.dataset import folder_of
from schemas.errors import OptionError
from schemas.records import DOMAINS

if TYPE_CHECKING:
    from prep.cli.training.terminal import Terminal
    from train.recipe.gather import Layer

_LAST = "the last one"
"""What ``--resume`` without a checkpoint is."""


@click.command(cls=Everyday, context_settings={"ignore_unknown_options": True})
@click.argument("rest", nargs=-1, type=click.UNPROCESSED, metavar="[DATASET]")
@click.option("--domain", type=click.Choice(DOMAINS), help="The dataset of that name: legal is data/legal.")
@click.option("--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True, help="Their folder.")
@click.option("--model", help="A folder, a name of the hub, or tiny.  [default: THUDM/chatglm-6b]")
@click.option("--method", help="What trains: p_tuning_v2, lora, freeze …  [default: p_tuning_v2]")
@click.option("--out", help="Where folders of runs lie.  [default: runs]")
@click.option("--name", help="Of the run's folder.  [default: DATASET-MODEL-METHOD]")
@click.option("--recipe", multiple=True, help="A YAML file, or a preset that prep recipes lists; repeatable.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="One key of the recipe; repeatable.")
@click.option("--dry-run", is_flag=True, help="Show the plan; load no weights, write nothing.")
@click.option("--devices", type=click.IntRange(1), metavar="N", help="Plan for N devices; torchrun starts them.")
@click.option(
    "--resume",
    is_flag=False,
    flag_value=_LAST,
    metavar="[CHECKPOINT]",
    help="Go on from the last checkpoint, or from the one that is named.",
)
@click.option("--overwrite", is_flag=True, help="Replace a run of the same name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def train(
    *,
    rest: tuple[str, ...],
    domain: str | None,
    data: Path,
    recipe: tuple[str, ...],
    pairs: tuple[str, ...],
    dry_run: bool,
    devices: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Tune a model on DATASET: a folder, or a name under --data. Every key of a recipe is an option too, and so are
    those of the official scripts and of transformers.

    \b
    prep train --domain legal
    prep train patent --method lora --max_steps 3000 --learning_rate 1e-4
    prep train --recipe official-advgen --train_file train.json --dry-run
    torchrun --nproc-per-node 2 -m prep train legal
    """
    from prep.cli.training.terminal import Terminal

    with closing(Terminal(quiet=as_json)) as terminal:
        _require_launcher(devices, dry_run=dry_run)
        flags, given = _given(rest, domain, data, options)
        done = _train(terminal, recipe, pairs, flags, given, dry_run=dry_run, devices=devices)
        if as_json and is_first():
            click.echo(json.dumps(done, ensure_ascii=False, default=str))


def _train(
    terminal: "Terminal",
    recipes: Sequence[str],
    pairs: Sequence[str],
    flags: Sequence[str],
    given: Mapping[str, Any],
    *,
    dry_run: bool,
    devices: int | None,
) -> Mapping[str, Any]:
    """Loads torch; everything above does not."""
    from dataclasses import asdict

    from prep.cli.training.hearing import libraries_heard
    from train.plan import Plan
    from train.recipe.build import build_recipe
    from train.run import train as carried_out

    note = terminal.note if is_first() else _unheard
    with libraries_heard(note):
        recipe, notes = build_recipe(_layers(recipes, pairs, flags, given))
        for line in notes:
            note(line)
        done = carried_out(recipe, terminal, dry_run=dry_run, devices=devices)
        return asdict(done) if isinstance(done, Plan) else done.facts


def _layers(
    recipes: Sequence[str], pairs: Sequence[str], flags: Sequence[str], given: Mapping[str, Any]
) -> list["Layer"]:
    """The later ones win: recipes, ``--set``, flags."""
    from train.recipe.flags import parse_flags, parse_pairs
    from train.recipe.presets import recipe_layer

    layers: list[Layer] = [recipe_layer(name) for name in recipes]
    return [*layers, ("--set", parse_pairs(pairs)), ("command line", {**parse_flags(flags), **given})]


def _given(
    rest: Sequence[str], domain: str | None, data: Path, options: Mapping[str, Any]
) -> tuple[Sequence[str], dict[str, Any]]:
    """The flags that are none of this command's own, and keys of the recipe."""
    has_dataset = bool(rest) and not rest[0].startswith("--")
    if has_dataset and domain:
        raise OptionError(f"{rest[0]} and --domain {domain}: two datasets; give one of them")
    given = {name: value for name, value in options.items() if value not in (None, False)}
    if given.get("resume") == _LAST:
        given["resume"] = True
    if domain:
        given["dataset"] = str(data / domain)
    if not has_dataset:
        return rest, given
    return rest[1:], {**given, "dataset": str(folder_of(rest[0], data))}


def _require_launcher(devices: int | None, *, dry_run: bool) -> None:
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if devices is not None and not dry_run and devices != started:
        raise OptionError(
            f"--devices {devices}: {started} process{'es' * (started > 1)} here; start "
            f"torchrun --nproc-per-node {devices} -m prep train …, or add --dry-run"
        )


def _unheard(_: str) -> None:
    """What other processes have to say, the first one says too."""
