"""This machine: chunks are read ahead in one thread while the one before is converted; polars uses all cores."""

from collections.abc import Iterable, Iterator
from queue import Queue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")
_AHEAD = 2


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


_END = object()


def read_ahead(items: Iterable[Item], ahead: int = _AHEAD) -> Iterator[Item]:
    """The same items, made in a thread of their own, at most ``ahead`` of them waiting. Errors arrive in their place."""
    queue: Queue[object] = Queue(ahead)
    stopped = Event()

    def produce() -> None:
        try:
            for item in items:
                queue.put(item)
                if stopped.is_set():
                    return
            queue.put(_END)
        except BaseException as error:  # noqa: BLE001 (raised again in the thread that asked)
            queue.put(_Failure(error))

    thread = Thread(target=produce, daemon=True)
    thread.start()
    try:
        while (item := queue.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        while thread.is_alive() and not queue.empty():
            queue.get_nowait()
