"""Hashes and signatures past ``--memory`` go to disk, and nobody can tell from the dataset."""

import errno
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.readers.chunk import ReadOptions
from pipeline.spill import Spill
from prep.sizes import bytes_of
from schemas.errors import OptionError
from tests.pipeline.near.test_whole_way import originals, with_near
from tests.running import contents, json_lines, run

NEAR = ("--near-dedup", "0.8", "--dev", "0.2", "--test", "0.2", "--domain", "paper")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of many parts."""
    monkeypatch.setattr("pipeline.find._reading", lambda _: ReadOptions(chunk_bytes=9_000))
    return json_lines(tmp_path / "x.jsonl", with_near(originals(200)))


@pytest.mark.parametrize("memory", ["1B", "9K"])
def test_the_dataset_is_the_same_however_little_memory_there_is(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: str
) -> None:
    whole = run("convert", source, "--out", tmp_path / "whole", *NEAR)
    monkeypatch.setattr("pipeline.repeated._AT_ONCE", 16)

    spilled = run("convert", source, "--out", tmp_path / "spilled", *NEAR, "--memory", memory)

    assert (whole.code, spilled.code) == (0, 0)
    assert contents(tmp_path / "spilled") == contents(tmp_path / "whole")


def test_a_disk_that_is_full_while_spilling_is_one_line(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pipeline.spill.TemporaryFile", fail)

    outcome = run("convert", source, "--out", tmp_path / "out", *NEAR, "--memory", "1K")

    assert outcome.code == 1
    assert outcome.error.count("\n") == 0
    assert "not written: No space left on device" in outcome.error


def test_frames_past_the_limit_are_as_they_were_and_in_their_order(tmp_path: Path) -> None:
    bands = pl.Series([[1, 2]], dtype=pl.Array(pl.UInt64, 2))
    made = [pl.DataFrame({"line": [number], "bands": bands, "text": ["x" * number]}) for number in range(20)]
    frames: list[pl.DataFrame] = []
    spill = Spill(tmp_path, limit=100)

    for frame in made:
        spill.add(frames, frame)

    assert len(frames) < len(made)
    assert pl.concat(frames, how="diagonal").select("line", "bands", "text").equals(pl.concat(made))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "size"), [("2G", 2 << 30), ("512M", 512 << 20), ("1.5k", 1536), ("7B", 7), (2 << 20, 2 << 20)]
)
def test_a_size_is_read_as_people_write_it(said: str | int, size: int) -> None:
    assert bytes_of("memory", said) == size


@pytest.mark.parametrize("said", ["5", 5, "1048575"])
def test_a_number_that_was_meant_in_another_unit_is_refused(said: str | int) -> None:
    with pytest.raises(OptionError, match=rf"--memory {said}: [0-9,]+ bytes; expected a unit, e.g. {said}G;"):
        bytes_of("memory", said)


@pytest.mark.parametrize("said", ["", "0", "-1", "2X", "G", "1,5G"])
def test_a_size_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(OptionError, match=r"--memory .*: no amount of memory; expected such as 512M or 2G"):
        bytes_of("memory", said)
