"""A process that counts words, as another one sees it at the end of a pipe."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import pytest

from schemas.word_worker import as_batch
from schemas.words import cut_words

TEXTS = ["一种\n检测装置", "零\0字符𠮷", "", "他来到了网易杭研大厦"]


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-m", "schemas.word_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as process:
        yield process
        process.kill()


def test_numbers_come_batch_by_batch_and_frequencies_at_the_end(worker: subprocess.Popen[bytes]) -> None:
    said, answered = _pipes(worker)
    cut = cut_words(TEXTS)

    numbers = []
    for batch in (TEXTS[:2], TEXTS[2:]):
        said.write(_batch(batch))
        said.flush()
        numbers += json.loads(answered.readline())
    said.close()

    assert numbers == [len(words) for words in cut]
    assert json.loads(answered.readline()) == Counter(word for words in cut for word in words)
    assert worker.wait(20) == 0


def test_who_started_it_may_be_killed_without_a_word_of_it(worker: subprocess.Popen[bytes]) -> None:
    said, answered = _pipes(worker)
    answered.close()

    said.write(_batch(TEXTS))
    said.close()

    assert worker.wait(20) != 0
    assert cast("IO[bytes]", worker.stderr).read() == b""


@pytest.mark.parametrize("arrived", [5, 40])
def test_who_started_it_may_be_killed_within_a_batch(worker: subprocess.Popen[bytes], arrived: int) -> None:
    said, answered = _pipes(worker)

    said.write(_batch(TEXTS)[:arrived])
    said.close()

    assert worker.wait(20) == 0
    assert json.loads(answered.readline()) == {}
    assert cast("IO[bytes]", worker.stderr).read() == b""


def _batch(texts: list[str]) -> bytes:
    return as_batch("".join(texts).encode(), [len(text) for text in texts])


def _pipes(worker: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    return cast("tuple[IO[bytes], IO[bytes]]", (worker.stdin, worker.stdout))
