"""Words that processes count are those that are counted here."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
import pytest

from pipeline.stats import tally
from pipeline.stats.tally import tallying
from schemas.errors import OutcomeError
from schemas.words import tally_words

TEXTS = [
    "",
    "今天天气很好，我们去公园。\n",
    "零\0字符",
    "𠮷野家㐀，豈更車賈👩‍👩‍👧",
    "键为Ti-O-Si，长1.76\r\n",
    "天气" * 40_000,
]


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "_WORTH_BYTES", 0)
    monkeypatch.setattr(tally, "_BATCH_CHARS", 5)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.mark.usefixtures("_at_once")
def test_processes_count_what_is_counted_here() -> None:
    frequencies: Counter[str] = Counter()
    expected = [tally_words(TEXTS, frequencies), tally_words(TEXTS[::-1], frequencies)]

    with tallying() as found:
        numbers = [found.add(pl.Series(TEXTS)), found.add(pl.Series(TEXTS[::-1]))]
        assert len(found._workers) == 2

    assert numbers == expected
    assert found.frequencies == frequencies


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("expected_bytes", [0, -1], ids=["processes", "none"])
def test_several_threads_may_add(expected_bytes: int) -> None:
    frequencies: Counter[str] = Counter()
    numbers = tally_words(TEXTS * 5, frequencies)

    with tallying(expected_bytes) as found, ThreadPoolExecutor(5) as threads:
        added = list(threads.map(found.add, [pl.Series(TEXTS)] * 5))
        assert len(found._workers) == (2 if expected_bytes == 0 else 0)

    assert [number for each in added for number in each] == numbers
    assert found.frequencies == frequencies


def test_few_texts_start_no_process() -> None:
    with tallying() as found:
        assert found.add(pl.Series(["今天天气"])) == tally_words(["今天天气"], Counter())
        assert not found._workers

    assert found.frequencies == {"今天天气": 1}


@pytest.mark.usefixtures("_at_once")
def test_a_process_that_ends_is_an_error_in_one_line() -> None:
    def counted() -> None:
        with tallying() as found:
            found.add(pl.Series(TEXTS))
            for worker in found._workers:
                worker._process.kill()
                worker._process.wait()
            found.add(pl.Series(TEXTS))

    with pytest.raises(OutcomeError, match=r"exit code -9\); is memory short"):
        counted()


@pytest.mark.usefixtures("_at_once")
def test_no_process_is_left_behind_where_something_else_fails() -> None:
    processes: list[Any] = []

    def interrupted() -> None:
        with tallying() as found:
            found.add(pl.Series(TEXTS))
            processes.extend(worker._process for worker in found._workers)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert len(processes) == 2
    assert all(process.poll() is not None for process in processes)
