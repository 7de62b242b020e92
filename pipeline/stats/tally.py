"""How often each word occurs: counted here while there are few texts, by processes of their own once there are many.

Words are Python's strings, and counting them holds the interpreter's lock: threads would wait for one another.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, cast

from schemas.errors import OutcomeError
from schemas.word_worker import as_line, of_line
from schemas.words import in_batches, tally_words

_WORTH_CHARS = 8_000_000
"""From so many on processes pay, each of which loads a dictionary of its own."""
_BATCH_CHARS = 1 << 18
_HOME = Path(__file__).parents[2]


class Tally:
    """``frequencies`` are complete when it is closed."""

    def __init__(self) -> None:
        self.frequencies: Counter[str] = Counter()
        self._seen = 0
        self._workers: list[_Worker] = []

    def add(self, texts: Sequence[str]) -> list[int]:
        """The number of words of each text."""
        self._seen += sum(map(len, texts))
        if not self._workers and self._seen >= _WORTH_CHARS and (os.cpu_count() or 1) > 1:
            self._workers = [_Worker() for _ in range(os.cpu_count() or 1)]
        return self._by_workers(texts) if self._workers else tally_words(texts, self.frequencies)

    def close(self) -> None:
        for worker in self._workers:
            self.frequencies.update(worker.end())

    def leave(self) -> None:
        for worker in self._workers:
            worker.kill()

    def _by_workers(self, texts: Sequence[str]) -> list[int]:
        idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            idle.put(worker)

        def counted(batch: Sequence[str]) -> list[int]:
            worker = idle.get()
            try:
                return worker.count(batch)
            finally:
                idle.put(worker)

        with ThreadPoolExecutor(len(self._workers)) as threads:
            return [number for numbers in threads.map(counted, in_batches(texts, _BATCH_CHARS)) for number in numbers]


@contextmanager
def tallying() -> Iterator[Tally]:
    tally = Tally()
    try:
        yield tally
        tally.close()
    finally:
        tally.leave()


class _Worker:
    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, (str(_HOME), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "schemas.word_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._input, self._output = cast("tuple[IO[bytes], IO[bytes]]", (self._process.stdin, self._process.stdout))

    def count(self, texts: Sequence[str]) -> list[int]:
        try:
            self._input.write(as_line(texts))
            self._input.flush()
        except BrokenPipeError:
            self._fail()
        numbers: list[int] = self._heard()
        return numbers

    def end(self) -> dict[str, int]:
        self._input.close()
        frequencies: dict[str, int] = self._heard()
        self._process.wait()
        return frequencies

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for end in (self._input, self._output):
            with suppress(BrokenPipeError):
                end.close()

    def _heard(self) -> Any:
        return of_line(self._output.readline() or self._fail())

    def _fail(self) -> bytes:
        code = self._process.wait()
        raise OutcomeError(
            f"a process that counts words ended (exit code {code}); is memory short? prep stats --unit chars needs none"
        )
