"""What stands in a file is what is known of it, whoever wrote it."""

from pathlib import Path

import polars as pl
import pytest
import xxhash

from pipeline.append.state import hashes_of_files
from pipeline.written import LineFiles, hash_of

RECORDS = pl.DataFrame({"content": ["标题"] * 50_000, "summary": [f"第{number}篇" for number in range(50_000)]})


def test_hashes_are_those_of_the_whole_files(tmp_path: Path) -> None:
    (tmp_path / "train.json").write_text('{"content":"旧","summary":"的"}\n', encoding="utf-8")

    with LineFiles(tmp_path, ("train.json", "dev.json")) as files:
        for start in range(0, RECORDS.height, 10_000):
            files.add("train.json", RECORDS.slice(start, 10_000))

    written = (tmp_path / "train.json").read_bytes()
    assert written.decode() == '{"content":"旧","summary":"的"}\n' + RECORDS.write_ndjson()
    assert files.hashes == {
        "train.json": xxhash.xxh3_128_hexdigest(written),
        "dev.json": xxhash.xxh3_128_hexdigest(b""),
    }
    assert hash_of(tmp_path / "train.json") == files.hashes["train.json"]


def test_what_is_known_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "train.json").write_text("{}\n")
    (tmp_path / "dev.json").write_text("{}\n")

    assert hashes_of_files(tmp_path, {"train.json": "known", "test.json": "no file"}) == {
        "train.json": "known",
        "dev.json": hash_of(tmp_path / "dev.json"),
    }


def test_nothing_is_known_of_files_that_were_not_finished(tmp_path: Path) -> None:
    files = LineFiles(tmp_path, ("train.json",))

    def broken_off() -> None:
        with files:
            files.add("train.json", RECORDS)
            raise OSError(28, "full")

    with pytest.raises(OSError, match="full"):
        broken_off()

    assert not files.hashes
    with pytest.raises(OSError, match="closed"):
        files.add("train.json", RECORDS)


def test_a_file_that_cannot_be_followed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("pipeline.written._hash", unreadable)
    with pytest.raises(OSError, match="Input/output error"), LineFiles(tmp_path, ("train.json",)) as files:
        files.add("train.json", RECORDS.head(1))
