"""This machine: one thread reads ahead, others convert; polars and Arrow leave Python's lock alone while they work."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Queue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_AHEAD = 1
_WORKERS = max(2, min(os.cpu_count() or 2, 8))


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


_END = object()


def read_ahead(items: Iterable[Item], ahead: int = _AHEAD) -> Iterator[Item]:
    """The same items, made in a thread of their own, at most ``ahead`` of them waiting; errors keep their place."""
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


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """``work`` done to every item in several threads, results in the order of the items, few of either in memory."""
    pending: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(_WORKERS)
    try:
        for item in read_ahead(items):
            pending.append(pool.submit(work, item))
            if len(pending) >= _WORKERS:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def in_background(work: Callable[[], Result]) -> Callable[[], Result]:
    """Begin ``work`` in a thread of its own; what is returned waits for its result, or raises its error."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    return future.result
