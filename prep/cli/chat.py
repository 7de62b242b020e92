"""``prep chat``: a conversation in the terminal, answer by answer as it grows."""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal, get_args
from unicodedata import category

import click

from prep.cli.answering import answering, find_model
from prep.cli.command import Everyday
from schemas.errors import OptionError

if TYPE_CHECKING:
    from train.answer.conversation import Conversation
    from train.answer.load import Found
    from train.answer.manner import Manner
    from train.answer.stream import Growing

Order = Literal["/clear", "/history", "/exit", "/help"]
_HELP = "/clear forgets the conversation, /history shows it, /exit leaves; Ctrl-C stops an answer"
_PROMPT = "> "


@click.command(cls=Everyday)
@click.argument("question", required=False)
@answering
@click.option("--compare", is_flag=True, help="Let the base answer every question too.")
@click.option("--no-history", is_flag=True, help="Every question stands alone.")
@click.option("--seed", type=int, help="Makes --sampling official repeatable.")
def chat(
    *, question: str | None, run: Path | None, compare: bool, no_history: bool, seed: int | None, **chosen: Any
) -> None:
    """Talk to a tuned model, or to a base. With QUESTION it answers that and ends; questions may come from a pipe, one
    a line.

    \b
    prep chat --run runs/legal-chatglm-6b-p_tuning_v2
    prep chat --run runs/legal-chatglm-6b-p_tuning_v2 --compare "什么是合同？"
    """
    if compare and run is None:
        raise OptionError("--compare: nothing to compare a base with; name a run with --run runs/…")
    sampling = chosen.pop("sampling")
    found = find_model(run, **chosen)
    from train.answer.manner import Manner

    manner = Manner(max_new_tokens=found.asking.limits.target, sampling=sampling)
    signal.signal(signal.SIGTERM, _leave)
    if sys.stdin.isatty() and question is None:
        _introduce(found, manner)
    speakers = _speakers(found, manner, compare=compare, keeps_history=not no_history)
    _seed(seed)
    for asked in [question] if question is not None else _questions(speakers):
        for name, conversation in speakers.items():
            _answer(name, conversation, asked, manner, may_stop=question is None and sys.stdin.isatty())


def _speakers(found: "Found", manner: "Manner", *, compare: bool, keeps_history: bool) -> "Mapping[str, Conversation]":
    """By the name that stands before their answers; a lone one has none."""
    from train.answer.conversation import Conversation
    from train.answer.untuned import untuned

    answerer = found.load()
    tuned = Conversation(lambda: nullcontext(answerer), manner, keeps_history=keeps_history)
    if not compare:
        return {"": tuned}
    opened = untuned(answerer, found.without_adapter().load)
    return {"base": Conversation(opened, manner, keeps_history=keeps_history), "tuned": tuned}


def _questions(speakers: "Mapping[str, Conversation]") -> Iterator[str]:
    for line in _typed() if sys.stdin.isatty() else sys.stdin:
        asked = line.strip()
        if asked == "/exit":
            return
        if asked.startswith("/") and " " not in asked and asked.isascii():
            _obey(asked, speakers)
        elif asked:
            yield asked


def _typed() -> Iterator[str]:
    """Lines from the keyboard; Ctrl-C drops one, Ctrl-D ends."""
    with suppress(ImportError):
        import readline  # noqa: F401 (makes input() editable)
    while True:
        try:
            if sys.stdout.isatty():
                yield input(_PROMPT)
            else:
                click.echo(_PROMPT, nl=False, err=True)
                yield input()
        except EOFError:
            click.echo(err=True)
            return
        except KeyboardInterrupt:
            click.echo("\n/exit or Ctrl-D leaves", err=True)


def _obey(order: str, speakers: "Mapping[str, Conversation]") -> None:
    if order == "/clear":
        for conversation in speakers.values():
            conversation.history.clear()
    elif order == "/history":
        for name, conversation in speakers.items():
            for question, answer in conversation.history:
                click.echo(f"{_PROMPT}{question}\n{_label(name)}{_plain(answer)}")
    elif order == "/help":
        click.echo(_HELP, err=True)
    else:
        click.echo(f"no {order}; choose one of: {', '.join(get_args(Order))}", err=True)


def _answer(name: str, conversation: "Conversation", asked: str, manner: "Manner", *, may_stop: bool) -> None:
    click.echo(_label(name), nl=False)
    finished = True
    try:
        with closing(conversation.ask(asked)) as growing:
            finished = _show(growing)
    except KeyboardInterrupt:
        if not may_stop:
            raise
        click.echo(err=True)
        return
    if not finished:
        click.echo(f"[cut at {manner.max_new_tokens} tokens; --max-new-tokens raises it]", err=True)
    if conversation.was_cut:
        click.echo("[the prompt was cut to its limit; /clear shortens it, --max-source-length raises it]", err=True)


def _show(growing: "Iterator[Growing]") -> bool:
    """Print what is new of each part; whether the model ended its answer itself."""
    shown, finished = "", False
    for part in growing:
        text, finished = _plain(part.text), part.finished
        new = text[len(shown) :] if text.startswith(shown) else f"\n{text}"
        if new:
            click.echo(new, nl=False)
        shown = text
    click.echo()
    return finished


def _plain(text: str) -> str:
    """Without what would steer a terminal."""
    return "".join(character for character in text if category(character) != "Cc" or character in "\n\t")


def _label(name: str) -> str:
    return click.style(f"{name}: ", dim=True) if name else ""


def _introduce(found: "Found", manner: "Manner") -> None:
    about = f"{found.name}: {found.base.name}, {found.method}" if found.method else found.name
    click.echo(f"{about}; {manner.sampling}, at most {manner.max_new_tokens} tokens an answer", err=True)
    if form := found.asking.in_words():
        click.echo(f"asked as in training: {form}", err=True)
    click.echo(_HELP, err=True)


def _seed(seed: int | None) -> None:
    from train.answer.manner import draw_from

    draw_from(seed)


def _leave(_: int, __: FrameType | None) -> None:
    """Ctrl-C stops an answer only; a request to end must not be taken for it."""
    raise click.Abort
