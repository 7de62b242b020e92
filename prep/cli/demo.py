"""``prep demo``: the whole road on the samples, as the commands that a user would type."""

import shlex
from importlib.util import find_spec
from pathlib import Path

import click

from prep.cli.command import Everyday
from schemas.errors import SourceError
from schemas.records import DOMAINS, Domain
from schemas.report import PAGE

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
TRAINING = ("torch", "transformers", "peft", "accelerate", "safetensors", "sentencepiece")
"""What the extra ``train`` installs."""
TUNED: Domain = "patent"
QUESTION = "一种鱼缸的喂食装置"
"""In none of the samples."""


@click.command(cls=Everyday)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("data/demo"),
    show_default=True,
    help="Parent folder of the datasets; runs/ and suitability/ lie beside them.",
)
def demo(out: Path) -> None:
    """Convert the samples of all five domains, tune the tiny model on each, and judge which of them were worth it.

    \b
    prep demo
    prep demo --out /tmp/demo
    """
    if not SAMPLES.is_dir():
        raise SourceError(f"{SAMPLES}: no samples; prep demo runs from a checkout of the repository")
    datasets = {domain: str(out / domain) for domain in DOMAINS}
    _step(1, "The samples of five domains become datasets: each row a record, or rejected with its reason.")
    for domain in DOMAINS:
        sources = _shown(SAMPLES / domain / "sources")
        _prep("convert", sources, "--domain", domain, "--dev 0.2 --test 0.2 --overwrite", "--out", str(out))
    _step(2, "How long the records are, in characters, and what a trainer would cut off at two pairs of limits.")
    limits = [f"--max-source-length {length} --max-target-length {length}" for length in (64, 128)]
    _prep("stats", *datasets.values(), "--unit chars", *limits)
    if missing := [name for name in TRAINING if find_spec(name) is None]:
        click.echo(f"\nHere the demo ends, without {', '.join(missing)}. For training and answers install the rest:")
        click.echo("pip install --editable '.[train]'")
        return
    _train_and_judge(out, datasets[TUNED])


def _train_and_judge(out: Path, dataset: str) -> None:
    runs = str(out / "runs")
    _step(3, f"A tiny ChatGLM is tuned on {TUNED}; for the real one say --model THUDM/chatglm-6b.")
    _prep("train", dataset, "--recipe demo --overwrite", "--out", runs)
    _step(4, "Before and after: base and tuned model answer a question that neither has seen.")
    _prep("chat", "--run", str(out / "runs" / f"{TUNED}-tiny-lora"), "--compare --max-new-tokens 80", QUESTION)
    _step(5, "Which domains are worth it? The same on the other four; then every model is tested on all of them.")
    places = ("--runs", runs, "--evaluations", str(out / "evaluations"), "--out", str(out / "suitability"))
    _prep("suitability", "--data", str(out), "--recipe demo --name demo", *places)
    click.echo(
        f"""
That was the tiny model, with some twenty records to test on: its numbers mean nothing for the 6B, and so few records
allow no verdict. Read how a report looks: {out / "suitability" / "demo" / PAGE}"""
    )


def _step(number: int, what: str) -> None:
    click.secho(f"\n{number} of 5. {what}", bold=True)


def _prep(command: str, *words: str) -> None:
    """Show a command and do what it says; words that begin with - may be several."""
    from prep.cli.main import prep

    arguments = [part for word in words for part in (word.split() if word.startswith("-") else [word])]
    click.secho(f"\n$ prep {shlex.join([command, *arguments])}", dim=True)
    prep.main([command, *arguments], prog_name="prep", standalone_mode=False)


def _shown(folder: Path) -> str:
    """As one would type it."""
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)
