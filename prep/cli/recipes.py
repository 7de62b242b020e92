"""``prep recipes``: what comes with the program, what is in it, and every key that a recipe may have."""

import json
import shutil
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from prep.cli.command import Everyday
from schemas.errors import OptionError

if TYPE_CHECKING:
    from train.recipe.keys import Key


@click.command(cls=Everyday)
@click.argument("name", required=False)
@click.option(
    "--keys",
    "word",
    is_flag=False,
    flag_value="",
    metavar="[WORD]",
    help="Explain every key, or those that WORD occurs in.",
)
def recipes(name: str | None, word: str | None) -> None:
    """List the recipes that come with the program, or print the one called NAME.

    \b
    prep recipes                     what there is
    prep recipes patent-3090         one of them, to read, or to save and change
    prep recipes --keys warmup       keys of recipes, flags and --set
    prep train --recipe patent-3090 --set max_steps=100
    """
    from train.recipe.presets import PRESETS, about, preset_text

    if word is not None:
        if name is not None:
            raise OptionError(f"{name} and --keys: two questions; ask one of them")
        click.echo("\n".join(_explained(word)))
    elif name is not None:
        click.echo(preset_text(name), nl=False)
    else:
        width = max(map(len, PRESETS)) + 2
        for each in PRESETS:
            click.echo(_hanging(f"{each:<{width}}", about(each), width))


def _explained(word: str) -> Iterator[str]:
    """Loads transformers, which knows most of the keys."""
    from train.recipe.keys import every_key

    wanted = word.lower().replace("-", "_")
    keys = [key for key in every_key() if wanted in key.name or word.lower() in key.about.lower()]
    others = list(_other_names(wanted)) if wanted else []
    if not keys and not others:
        raise OptionError(f"no key has {word!r} in its name or explanation; prep recipes --keys lists all")
    section = ""
    for key in keys:
        if key.section != section:
            yield from [""] * bool(section)
            yield click.style(f"{key.section}", bold=True)
        section = key.section
        yield from _entry(key)
    yield from (["", *others] if keys and others else others)


def _entry(key: "Key") -> Iterator[str]:
    yield f"  {key.name}: {_as_yaml(key.default)}"
    if key.about:
        yield _hanging("      ", key.about, 6)
    if key.choices:
        yield _hanging("      ", f"one of: {', '.join(key.choices)}", 6)


def _as_yaml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) or not value else value


def _other_names(word: str) -> Iterator[str]:
    from train.recipe.gone import GONE
    from train.recipe.names import SAME

    yield from (f"{name} is {key}" for name, key in SAME.items() if word in name)
    for name, gone in GONE.items():
        if word in name:
            yield f"{name} {gone.why}" if gone.becomes else f"{name} is ignored: {gone.why}"


def _hanging(first: str, text: str, indent: int) -> str:
    width = max(40, min(shutil.get_terminal_size().columns, 120))
    return textwrap.fill(text, width, initial_indent=first, subsequent_indent=" " * indent, break_on_hyphens=False)
