"""Commands whose everyday help fits a screen, and whose options may be written with - or _."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


class Everyday(click.Command):
    """Options marked ``rare`` are shown by ``--help-all`` only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        settings = {"token_normalize_func": lambda token: token.replace("_", "-"), "max_content_width": 100}
        kwargs["context_settings"] = {**settings, **kwargs.get("context_settings", {})}
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(["--help-all"], is_flag=True, is_eager=True, expose_value=False, callback=_show_all)
        )


def rare(*names: str, **settings: Any) -> Callable[[Function], Function]:
    """An option that the everyday help leaves out."""
    return click.option(*names, **{**settings, "hidden": True})


def _show_all(context: click.Context, _: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    for parameter in context.command.params:
        if isinstance(parameter, click.Option):
            parameter.hidden = False
    click.echo(context.get_help())
    context.exit()
