"""``prep models``: which models can be tuned, what each was tested with, and what a new one takes."""

import json
import shutil
import textwrap

import click

from prep.cli.command import Everyday


@click.command(cls=Everyday)
@click.argument("name", required=False)
@click.option("--how", is_flag=True, help="Say what has to be written for a model that is not supported.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def models(name: str | None, how: bool, as_json: bool) -> None:
    """List the families of models that can be tuned, or look at the one called NAME: a folder, or a name of the hub.

    \b
    prep models                       what there is, and what was tested
    prep models THUDM/chatglm2-6b     one: its family, what LoRA would change
    prep models tiny-llama            one that is here: how it is asked too
    prep models --how                 what to write for another
    """
    from train.families.look import look_at
    from train.families.tested import WHAT_TO_WRITE

    if how:
        click.echo(WHAT_TO_WRITE)
        return
    facts = _families() if name is None else look_at(name)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    shown = {key: value if isinstance(value, str) else _family(value) for key, value in facts.items()}
    width = max(map(len, shown)) + 2
    for key, value in shown.items():
        click.echo(_hanging(key.ljust(width), value, width))
    if name is None:
        click.echo(f"\n{_hanging('', _REST, 0)}")


_REST = (
    "Every method of prep train works on every family; a model of no other family is causal where transformers knows "
    "it. prep models NAME looks at one; prep models --how says what another takes."
)


def _families() -> dict[str, dict[str, str | list[str]]]:
    from train.families.registry import FAMILIES
    from train.families.tested import TESTED

    return {
        name: {"about": family.about, "tested": TESTED[name], "released": list(family.released)}
        for name, family in FAMILIES.items()
    }


def _family(facts: dict[str, str | list[str]]) -> str:
    names = ", ".join(facts["released"])
    return f"{facts['about']}. Tested: {facts['tested']}." + (f" Known by name: {names}." if names else "")


def _hanging(first: str, text: str, indent: int) -> str:
    width = max(40, min(shutil.get_terminal_size().columns, 120))
    return textwrap.fill(text, width, initial_indent=first, subsequent_indent=" " * indent, break_on_hyphens=False)
