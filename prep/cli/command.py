"""Commands whose everyday help fits a screen, and whose options may be written with - or _."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


class Everyday(click.Command):
    """Options marked ``rare`` are shown by ``--help-all`` only; a command without them has no such option."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        settings = {"token_normalize_func": lambda token: token.replace("_", "-"), "max_content_width": 100}
        kwargs["context_settings"] = {**settings, **kwargs.get("context_settings", {})}
        super().__init__(*args, **kwargs)
        if _hidden(self):
            self.params.append(
                click.Option(
                    ["--help-all"],
                    is_flag=True,
                    is_eager=True,
                    expose_value=False,
                    callback=_show_all,
                    help="Show all options, also the rare ones.",
                )
            )


def rare(*names: str, **settings: Any) -> Callable[[Function], Function]:
    """An option that the everyday help leaves out."""
    return click.option(*names, **{**settings, "hidden": True})


def _hidden(command: click.Command) -> list[click.Option]:
    return [option for option in command.params if isinstance(option, click.Option) and option.hidden]


def _show_all(context: click.Context, _: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    hidden = _hidden(context.command)
    for option in hidden:
        option.hidden = False
    try:
        click.echo(context.get_help())
    finally:
        for option in hidden:
            option.hidden = True
    context.exit()
