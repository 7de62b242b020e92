"""One process carries out a command and leads; the others help it: they do what it says until it is over.

So only the first one reads records, knows what is there already, writes, judges and speaks.
"""

import itertools
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed

from schemas.errors import PrepError
from train.distributed.post import Post, post
from train.processes import Processes

Told = Mapping[str, Any]
"""What a helper is told, fit for JSON; ``task`` is its name."""
Task = Callable[[Told], Generator[Any, None, None]]
"""Yields what it finds, fit for JSON."""
_OVER = "over"
_PAUSE_SECONDS = 0.01
_PATIENCE = timedelta(minutes=30)
"""Of those that train together, as transformers has it."""
_NUMBERS = itertools.count()
_LED: "list[Helpers]" = []


class Helpers:
    """All other processes, as the first one sees them."""

    def __init__(self, letters: Post, count: int) -> None:
        self.count = count
        self._post = letters
        self._number, self._busy = -1, set[int]()

    def begin(self, tasks: Sequence[Told]) -> None:
        """One for each; whoever is still at another one leaves it."""
        self._number, self._busy = next(_NUMBERS), set(range(1, self.count + 1))
        for rank, task in enumerate(tasks, start=1):
            self._post.send(rank, {**task, "number": self._number})

    def heard(self) -> Iterator[Any]:
        """What they have found since; waits for nobody. Raises PrepError with what one of them could not do."""
        for rank in sorted(self._busy):
            while rank in self._busy and self._post.has(rank):
                told = self._post.take(rank)
                if told["number"] != self._number:  # of a task that was left
                    continue
                if "failed" in told:
                    raise PrepError(told["failed"])
                if "found" in told:
                    yield told["found"]
                else:
                    self._busy.discard(rank)

    def rest(self) -> Iterator[Any]:
        """What they find until all are done."""
        while self._busy:
            yield from self.heard()
            time.sleep(_PAUSE_SECONDS)

    def end(self) -> None:
        for rank in range(1, self.count + 1):
            self._post.send(rank, {"task": _OVER})


def helpers() -> Helpers | None:
    """Those who wait for what this process says; None where it is alone."""
    return _LED[-1] if _LED else None


@contextmanager
def leading() -> Iterator[None]:
    """For the first of several processes; all others ``help_out`` meanwhile."""
    _meet()
    led = Helpers(post(), Processes.here().count - 1)
    _LED.append(led)
    try:
        yield
    finally:
        _LED.remove(led)
        led.end()


def help_out(tasks: Mapping[str, Task]) -> None:
    """Do what the first process says until it says that it is over; raises PrepError for what cannot be done."""
    _meet()
    letters = post()
    while (told := letters.take(0))["task"] != _OVER:
        number = told["number"]
        try:
            with closing(tasks[told["task"]](told)) as found:
                is_done = _sent(letters, number, found)
        except PrepError as error:
            letters.send(0, {"number": number, "failed": str(error)})
            raise
        if is_done:
            letters.send(0, {"number": number})


def part_company() -> None:
    """At the very end; torch complains where nobody says so."""
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def _sent(letters: Post, number: int, found: Iterator[Any]) -> bool:
    """False where the first process has something else in mind meanwhile."""
    for each in found:
        letters.send(0, {"number": number, "found": each})
        if letters.has(0):
            return False
    return True


def _meet() -> None:
    """All at once: arguments of a training, which the first one reads alone, would wait for the others."""
    if torch.distributed.is_initialized():
        return
    backend = "gloo"
    if torch.cuda.is_available():
        torch.cuda.set_device(Processes.here().local_rank)
        backend = "cpu:gloo,cuda:nccl"
    torch.distributed.init_process_group(backend, timeout=_PATIENCE)
