"""What ``prep chat`` and ``prep generate`` have in common: which model answers, and how."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from prep.cli.command import rare
from schemas.errors import OptionError

if TYPE_CHECKING:
    from train.answer.load import Found

Function = TypeVar("Function", bound=Callable[..., Any])
_OPTIONS = (
    click.option("--run", type=click.Path(path_type=Path), help="A run of prep train; or an adapter, with --model."),
    click.option("--model", help="The base: a folder, a name of the hub, or tiny. Alone, it answers untuned."),
    click.option("--max-new-tokens", type=click.IntRange(1), help="Longest answer. Default: as in training, else 512."),
    click.option("--max-source-length", type=click.IntRange(4), help="Longest prompt. Default: as in training."),
    click.option(
        "--sampling",
        type=click.Choice(["greedy", "official"]),
        default="greedy",
        show_default=True,
        help="official: drawn as the model's own chat draws.",
    ),
    rare(
        "--dtype",
        type=click.Choice(["auto", "float16", "bfloat16", "float32"]),
        help="Of the base. Default: as in training; else that of its weights on a graphics card, float32 without one.",
    ),
    rare(
        "--quantization",
        type=click.Choice(["none", "int4", "int8", "nf4", "llm-int8", "torchao-int8"]),
        help="Of the weights of the base. Default: as in training, and as they are stored.",
    ),
    rare("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True, help="Where."),
)


def answering(function: Function) -> Function:
    """Options of both commands, in one order."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def find_model(
    run: Path | None,
    *,
    model: str | None,
    max_new_tokens: int | None,
    max_source_length: int | None,
    dtype: str | None,
    quantization: Any,
    device: str,
) -> "Found":
    """The model that is meant; raises OptionError where none is named."""
    if run is None and model is None:
        raise OptionError("nothing that could answer; name a run with --run runs/…, or a model with --model")
    from train.answer.load import base, tuned
    from train.chatter import silence

    silence()
    if run is None:
        found = base(str(model), dtype=dtype, device=device, quantization=quantization, note=_note)
    else:
        found = tuned(run, model=model, dtype=dtype, device=device, quantization=quantization, note=_note)
    return found.with_limits(source=max_source_length, target=max_new_tokens)


def _note(line: str) -> None:
    click.echo(line, err=True)
