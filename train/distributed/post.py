"""Messages between processes, over the store through which the launcher made them meet: no card takes part in it."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from torch.distributed import DistError, PrefixStore  # type: ignore[attr-defined]
from torch.distributed.rendezvous import rendezvous

from schemas.errors import PrepError

_PIECE = 1 << 20
"""Bytes: the store takes no more than eight times as many at once."""
_PAUSE_SECONDS = 0.01
"""Between two looks. Waiting in Python, a process can be interrupted; in a collective operation it could not."""


@contextmanager
def _connected() -> Iterator[None]:
    """Raises PrepError where the store has gone, which is as a rule the launcher's."""
    try:
        yield
    except DistError as error:
        found = str(error).partition("\n")[0]
        raise PrepError(
            f"the processes lost each other ({found}): their launcher was ended, or the network failed; start the same "
            "command again"
        ) from None


class Post:
    """Messages of each pair of processes come in the order in which they were sent."""

    def __init__(self, store: Any, rank: int) -> None:
        self._store, self._rank = store, rank
        self._sent: Counter[int] = Counter()
        self._taken: Counter[int] = Counter()

    @_connected()
    def send(self, to: int, value: Any) -> None:
        text = json.dumps(value).encode()
        place = f"{self._rank}>{to}/{self._sent[to]}"
        pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
        for number, piece in enumerate(pieces):
            self._store.set(f"{place}/{number}", piece)
        self._store.set(place, str(len(pieces)))
        self._sent[to] += 1

    @_connected()
    def has(self, sender: int) -> bool:
        """Whether ``take`` would not wait."""
        return bool(self._store.check([self._next(sender)]))

    @_connected()
    def take(self, sender: int) -> Any:
        place = self._next(sender)
        while not self.has(sender):
            time.sleep(_PAUSE_SECONDS)
        keys = [f"{place}/{number}" for number in range(int(self._store.get(place)))]
        value = json.loads(b"".join(self._store.get(key) for key in keys))
        for key in (*keys, place):
            self._store.delete_key(key)
        self._taken[sender] += 1
        return value

    def _next(self, sender: int) -> str:
        return f"{sender}>{self._rank}/{self._taken[sender]}"


@cache
def post() -> Post:
    """Of this process; all that were launched together have to come here."""
    store, rank, _ = next(rendezvous("env://"))
    return Post(PrefixStore("prep", store), rank)
