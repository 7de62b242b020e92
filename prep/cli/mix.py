"""``prep mix``: so much of each dataset as one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prep.cli.command import Everyday

if TYPE_CHECKING:
    from pipeline.mixing.mix import Mixture


@click.command(cls=Everyday)
@click.argument("amounts", nargs=-1, required=True, metavar="NAME:AMOUNT...")
@click.option("--name", help="Of the new dataset.  [default: FIRST-mixed]")
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True, help="Where names lie."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("data"),
    show_default=True,
    help="Where the new one will lie.",
)
@click.option("--seed", type=int, default=42, show_default=True, help="Of which records are taken.")
@click.option("--overwrite", is_flag=True, help="Replace a dataset of the same name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def mix(
    *,
    amounts: tuple[str, ...],
    name: str | None,
    data: Path,
    out: Path,
    seed: int,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Mix datasets: new records with old ones, so that tuning does not forget. AMOUNT is a share (1 is all, 0.3 are
    30 % of each split), or above 1 a number of train records.

    \b
    prep mix legal:1 instruct:0.3 --name legal-mixed
    prep mix legal:1 instruct:500 data/patent:0.1
    """
    from pipeline.mixing.mix import mix as mixed

    done = mixed(amounts, name=name, data=data, out=out, seed=seed, overwrite=overwrite)
    if as_json:
        shown = {"path": str(done.dataset.path), "unchanged": done.unchanged, "manifest": dict(done.dataset.manifest)}
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    click.echo("\n".join(_lines(done)))


def _lines(done: "Mixture") -> Iterator[str]:
    manifest, path = done.dataset.manifest, done.dataset.path
    names = ("train", "dev", "test", "not_sampled", "leak", "duplicate")
    width = max(len(each["name"]) for each in [*manifest["mixed"], {"name": "together"}])
    yield f"{'':<{width}} {'amount':>8} " + " ".join(f"{name.replace('_', ' '):>12}" for name in names)
    for each in manifest["mixed"]:
        counts = " ".join(f"{each['records'][name]:>12,}" for name in names)
        yield f"{each['name']:<{width}} {each['amount']:>8g} {counts}"
    totals = [sum(each["records"][name] for each in manifest["mixed"]) for name in names]
    yield f"{'together':<{width}} {'':>8} " + " ".join(f"{total:>12,}" for total in totals)
    state = (
        "there already, made of the same datasets" if done.unchanged else f"written in the {manifest['shape']} shape"
    )
    yield f"{path}: {state}; train with prep train {path}"
