"""Commands that ``torchrun`` starts in several processes: the first one carries them out, the others help it."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

from click import ClickException

from schemas.errors import PrepError

Function = TypeVar("Function", bound=Callable[..., None])
_FIRST_SPEAKS_WITHIN = 10
"""Seconds."""
_INTERRUPTED = 130


def shared(command: Function) -> Function:
    """Put it next to the function, below its options."""

    @wraps(command)
    def carried_out(**options: Any) -> None:
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            command(**options)
        else:
            _take_part(command, options)

    return cast(Function, carried_out)


def is_first() -> bool:
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def one_voice() -> Iterator[None]:
    """What the user can mend is said by one process of each machine: the others wait for the launcher to end them, and
    speak only where it does not, since then the first one does not know."""
    try:
        yield
    except (PrepError, ClickException) as error:
        if os.environ.get("LOCAL_RANK", "0") != "0":
            _give_way(error.exit_code)
        raise


def _give_way(exit_code: int) -> None:
    if exit_code == _INTERRUPTED:  # so are all
        sys.exit(exit_code)
    try:
        time.sleep(_FIRST_SPEAKS_WITHIN)
    except KeyboardInterrupt:
        sys.exit(exit_code)


def _take_part(command: Callable[..., None], options: dict[str, Any]) -> None:
    from train.chatter import silence
    from train.distributed.helpers import leading, part_company

    silence()
    if is_first():
        with leading():
            command(**options)
    else:
        _help()
    part_company()


def _help() -> None:
    from prep.cli.training.hearing import libraries_heard
    from train.helping import help_commands

    with libraries_heard(_unheard):
        try:
            help_commands()
        except KeyboardInterrupt:
            sys.exit(_INTERRUPTED)  # the first process says so


def _unheard(_: str) -> None:
    """What libraries say here, they say to the first process too."""
