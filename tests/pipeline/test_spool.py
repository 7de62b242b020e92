"""Where parts lie: in memory as long as they are few, on disk with their markers as soon as they are many."""

import errno
import os
from pathlib import Path

import polars as pl
import pytest

from pipeline.funnel import Funnel
from pipeline.kept_part import keys_of_part
from pipeline.spool import Done, Spool
from schemas.errors import SourceError
from schemas.records import HISTORY

LEDGER = pl.DataFrame({"reason": ["empty_response"]})


def records(number: int) -> pl.DataFrame:
    texts = [f"第{number}部分的第{row}条记录" for row in range(100)]
    return pl.DataFrame({"prompt": texts, "response": texts, "record": [1] * 100}).with_columns(
        history=pl.lit([], dtype=HISTORY), prompt_hash=pl.Series(range(100), dtype=pl.UInt64)
    )


def write(spool: Spool, numbers: range, ledger: pl.DataFrame = LEDGER) -> None:
    for number in numbers:
        keys = records(number).select("prompt_hash", "record")
        done = Done(keys=keys, funnel=Funnel(read=100), position=number, read="")
        spool.write(0, number, records(number), ledger, done)


def on_disk(folder: Path, suffix: str) -> list[str]:
    return [path.stem for path in sorted(folder.glob(f"*{suffix}"))]


@pytest.mark.parametrize(("held_bytes", "expected"), [(1 << 30, 0), (20_000, 5), (0, 5)])
def test_parts_are_held_until_they_are_too_many_and_read_the_same_from_either_place(
    tmp_path: Path, held_bytes: int, expected: int
) -> None:
    with Spool(tmp_path, held_bytes=held_bytes) as spool:
        write(spool, range(5))
        spool.wait()

        assert len(on_disk(tmp_path, ".arrow")) == len(on_disk(tmp_path, ".done")) == expected
        assert [part["prompt"][7] for part in spool.parts()] == [f"第{number}部分的第7条记录" for number in range(5)]
        assert [keys_of_part(part).columns for part in spool.kept()] == [["record", "prompt_hash"]] * 5
        assert spool.records() == 500


def test_the_ledgers_of_all_parts_are_put_together_in_order(tmp_path: Path) -> None:
    with Spool(tmp_path / "parts", held_bytes=1 << 30) as spool:
        write(spool, range(3))
        spool.write_ledger(tmp_path / "rejected.jsonl")

    assert (tmp_path / "rejected.jsonl").read_text() == LEDGER.write_ndjson() * 3


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (OSError(errno.EIO, os.strerror(errno.EIO)), 4),
        (MemoryError(), 4),
        (SourceError("x"), 0),
        (KeyboardInterrupt(), 0),
    ],
)
def test_what_was_held_is_finished_after_a_failure_that_can_be_mended(
    tmp_path: Path, error: BaseException, kept: int
) -> None:
    def fail() -> None:
        with Spool(tmp_path, held_bytes=1 << 30) as spool:
            write(spool, range(4), LEDGER.clear())
            raise error

    with pytest.raises(type(error)):
        fail()

    assert len(on_disk(tmp_path, ".done")) == kept
    found = [Spool(tmp_path).finished(0, number) for number in range(kept)]
    assert [part.position for part in found if part is not None] == list(range(kept))


def test_a_part_without_records_has_a_marker_too(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        done = Done(keys=pl.DataFrame(), funnel=Funnel(read=3), position=0, read="x")
        spool.write(0, 0, records(0).clear(), LEDGER, done)
        spool.wait()

        finished = spool.finished(0, 0)

    assert finished is not None
    assert (finished.funnel.read, finished.keys.height, finished.read) == (3, 0, "x")
