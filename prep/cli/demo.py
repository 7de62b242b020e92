"""``prep demo``: the whole road on the samples, as the commands that a user would type."""

import shlex
from importlib.util import find_spec
from pathlib import Path

import click

from prep.cli.command import Everyday
from schemas.errors import SourceError
from schemas.records import DOMAINS, Domain

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
    help="Parent folder of the datasets, and of runs/ beside them.",
)
def demo(out: Path) -> None:
    """Convert the samples of all five domains, show their lengths, tune the tiny model on one and ask it something.

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
    _step(3, f"A tiny ChatGLM is tuned on {TUNED}; for the real one say --model THUDM/chatglm-6b.")
    run = str(out / "runs" / f"{TUNED}-tiny")
    learning = "--method lora --max_steps 120 --learning_rate 5e-3 --per_device_train_batch_size 16"
    _prep("train", datasets[TUNED], "--model tiny", learning, "--output_dir", run, "--overwrite")
    _step(4, "Before and after: base and tuned model answer a question that neither has seen.")
    _prep("chat", "--run", run, "--compare --max-new-tokens 80", QUESTION)
    click.echo(
        "\nThe tuned model has learnt how an abstract is worded, not how things work: the tiny model is there to show"
    )
    click.echo("the way, and its numbers mean nothing for the 6B.")


def _step(number: int, what: str) -> None:
    click.secho(f"\n{number} of 4. {what}", bold=True)


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
