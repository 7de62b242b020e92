"""``prep``: finds the command, loads only what it needs, and turns errors into one line."""

import atexit
import errno
import gc
import importlib
import os
import signal
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

import click

from prep.cli.sharing import one_voice
from schemas.errors import PrepError

COMMANDS: Mapping[str, tuple[str, str]] = {
    "convert": ("prep.cli.convert", "Turn sources into a dataset."),
    "stats": ("prep.cli.stats", "Show lengths, words and what a trainer would cut."),
    "validate": ("prep.cli.validate", "Check a dataset or any file of records."),
    "inspect": ("prep.cli.inspect", "Show what a source is and how it would be read."),
    "explain": ("prep.cli.explain", "Show where a record came from and what was done to it."),
    "mix": ("prep.cli.mix", "Mix datasets, new records with old ones."),
    "export": ("prep.cli.export", "Write a dataset or a run as others read it."),
    "train": ("prep.cli.train", "Tune a model on a dataset."),
    "chat": ("prep.cli.chat", "Talk to a tuned model, or to a base."),
    "generate": ("prep.cli.generate", "Answer a dataset or a file with a model."),
    "evaluate": ("prep.cli.evaluate", "Judge whether a dataset is worth fine-tuning on."),
    "suitability": ("prep.cli.suitability", "Judge datasets beside each other, and what was forgotten."),
    "experiment": ("prep.cli.experiment", "Answer one question by trainings that differ in one thing."),
    "models": ("prep.cli.models", "List the models that can be tuned, or look at one."),
    "recipes": ("prep.cli.recipes", "List recipes, print one, or explain every key."),
    "demo": ("prep.cli.demo", "The whole road on the samples of all five domains."),
}
"""Command -> module that holds it under the same name, and its line in ``prep --help``."""


_OF_THE_MACHINE = {
    **dict.fromkeys((errno.EACCES, errno.EPERM), "expected the right to read it, and to write where that is asked for"),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room there, and run it again"),
    errno.EROFS: "expected a place that can be written to",
    errno.EMFILE: "allow more open files: ulimit -n 4096",
}
"""What no command looked for and the user can mend all the same -> how."""


class _Interrupted(Exception):
    """Ctrl-C, or a request to end."""


class _Lazy(click.Group):
    """A group that imports a command's module when the command is called, not before."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(COMMANDS[name][0]), name)
        return command

    def invoke(self, context: click.Context) -> Any:
        """Before click sees an interruption and prints a blank line for it."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt as error:
            raise _Interrupted(*error.args) from None

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="prep-chatglm", prog_name="prep")
def prep() -> None:
    """From a pile of Chinese domain text to a judged fine-tuning of ChatGLM-6B.

    \b
    prep convert patents.csv      data/patent, with every rejected row and its reason
    prep stats                    lengths of every dataset under data/
    prep train --domain patent    runs/patent-chatglm-6b-p_tuning_v2, ready for prep chat
    """


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 cannot be, 2 done but not acceptable, 130 interrupted."""
    _tune()
    signal.signal(signal.SIGTERM, _interrupt)
    sys.unraisablehook = _without_interruptions
    try:
        with one_voice():
            prep(prog_name="prep", standalone_mode=False)
    except PrepError as error:
        _fail(str(error), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
    except click.ClickException as error:
        _fail(_one_line(error), 1)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except (_Interrupted, KeyboardInterrupt, click.Abort) as error:
        _fail(str(error) or "interrupted; nothing unfinished was left behind", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno not in _OF_THE_MACHINE:
            raise
        place = f"{error.filename}: " if error.filename else ""
        _fail(f"{place}{error.strerror}; {_OF_THE_MACHINE[error.errno]}", 1)


def _tune() -> None:
    """Each made ``benchmarks.convert`` faster on two cores: polars keeps freed memory for a while, one heap for all of
    its threads, instead of asking for it again; Arrow asks for no more than it fills (huge pages are cleared whole);
    chunks are converted side by side already, so each needs few threads; modules load without collections, and the
    one at the end of the process, when nothing is left to be freed but by the system, is left out.
    Threads of torch that wait do not spin: beside other work on the same cores, training was five times as fast."""
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:5000,muzzy_decay_ms:5000,narenas:1")
    os.environ.setdefault("MIMALLOC_ALLOW_THP", "0")
    os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, (os.cpu_count() or 1) // 8)))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _without_interruptions(error: "sys.UnraisableHookArgs") -> None:
    """polars raises for one Ctrl-C what Python then raises again, at times where nobody can catch it."""
    if not issubclass(error.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(error)


def _one_line(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    hint = f"; see {context.command_path} --help" if context is not None else ""
    return error.format_message().replace("\n", " ").rstrip(".") + hint


def _fail(message: str, code: int) -> None:
    click.echo(f"prep: {message}", err=True)
    sys.exit(code)
