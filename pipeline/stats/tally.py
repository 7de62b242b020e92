"""How often each word occurs: counted here while there are few texts, by processes of their own once there are many.

Words are Python's strings, and counting them holds the interpreter's lock: threads would wait for one another.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import IO, Any, cast

import polars as pl

from schemas.errors import OutcomeError
from schemas.word_worker import as_batch
from schemas.words import tally_words

_WORTH_BYTES = 24_000_000
"""From so many on processes pay, each of which loads a dictionary of its own."""
_BATCH_CHARS = 1 << 18
_HOME = Path(__file__).parents[2]


class Tally:
    """``frequencies`` are complete when it is closed; several threads may add to it."""

    def __init__(self, expected_bytes: int) -> None:
        self.frequencies: Counter[str] = Counter()
        count = os.cpu_count() or 1
        self._workers = [_Worker() for _ in range(count)] if count > 1 and expected_bytes >= _WORTH_BYTES else []
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(count)
        self._adding = Lock()

    def add(self, texts: pl.Series) -> list[int]:
        """The number of words of each text."""
        if self._workers:
            return [number for numbers in self._threads.map(self._counted, _batches(texts)) for number in numbers]
        with self._adding:
            return tally_words(texts.to_list(), self.frequencies)

    def close(self) -> None:
        for worker in self._workers:
            worker.ask()
        for worker in self._workers:
            self.frequencies.update(worker.end())

    def leave(self) -> None:
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)

    def _counted(self, batch: pl.DataFrame) -> list[int]:
        worker = self._idle.get()
        try:
            return worker.count(batch)
        finally:
            self._idle.put(worker)


def _batches(texts: pl.Series) -> Iterator[pl.DataFrame]:
    """Texts in order and their ``length`` in characters, about as many characters together as a batch has."""
    frame = pl.DataFrame({"text": texts, "length": texts.str.len_chars()})
    batches = int(frame["length"].sum()) // _BATCH_CHARS + 1
    yield from frame.iter_slices(-(-frame.height // batches) or 1)


@contextmanager
def tallying(expected_bytes: int = 0) -> Iterator[Tally]:
    """``expected_bytes`` of texts, about: whether processes pay."""
    tally = Tally(expected_bytes)
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

    def count(self, batch: pl.DataFrame) -> list[int]:
        texts = batch["text"].str.join("").cast(pl.Binary).item()
        try:
            self._input.write(as_batch(texts, batch["length"].to_list()))
            self._input.flush()
        except BrokenPipeError:
            self._fail()
        numbers: list[int] = self._heard()
        return numbers

    def ask(self) -> None:
        """For what ``end`` gives: nothing more comes."""
        self._input.close()

    def end(self) -> dict[str, int]:
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
        return json.loads(self._output.readline() or self._fail())

    def _fail(self) -> bytes:
        code = self._process.wait()
        raise OutcomeError(
            f"a process that counts words ended (exit code {code}); is memory short? prep stats --unit chars needs none"
        )
