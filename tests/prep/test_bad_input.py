"""Whatever is wrong with a source is said in one line that names the place, what was found and what helps."""

import gzip
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.running import json_lines, patents, read_lines, refusal, run, table

CHINESE = [
    {"专利名称": f"一种装置{n}号", "摘要": f"本发明公开了一种检测装置{n}。", "申请号": f"CN{n}"} for n in range(50)
]


@pytest.fixture
def chinese(tmp_path: Path) -> Path:
    return table(tmp_path / "patents.csv", CHINESE, "gb18030")


def test_a_map_to_an_unknown_column_names_the_columns_that_are_there(chinese: Path, out: Path) -> None:
    message = refusal(out, chinese, "--map", "content=标题", "--map", "summary=摘要")

    assert message == f"{chinese}: --map names the column '标题'; found 专利名称, 摘要, 申请号"


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        (["content=专利名称"], "summary not given"),
        (
            ["titel=专利名称", "content=专利名称", "summary=摘要"],
            "--map titel=…: expected content, summary, history or group",
        ),
        (["content=专利名称", "content=摘要"], "content is 专利名称 already"),
        (["content"], "expected NAME=COLUMN, e.g. content=标题"),
    ],
)
def test_a_map_that_cannot_be_says_what_it_lacks(chinese: Path, out: Path, mapping: list[str], expected: str) -> None:
    assert expected in refusal(out, chinese, *(part for each in mapping for part in ("--map", each)))


def test_a_map_without_a_known_domain_asks_for_it(tmp_path: Path, out: Path) -> None:
    source = table(tmp_path / "x.csv", [{"甲": f"第{n}问是什么？", "乙": f"第{n}答。"} for n in range(9)])

    message = refusal(out, source, "--map", "content=甲", "--map", "summary=乙")

    assert "--map needs --domain encyclopedia|legal|paper|patent|instruct" in message


def test_a_wrong_domain_is_told_whose_columns_these_are(chinese: Path, out: Path) -> None:
    message = refusal(out, chinese, "--domain", "legal")

    assert message.startswith(
        f"{chinese}: not a legal source; found 专利名称, 摘要, 申请号; they are those of patent/table"
    )
    assert "leave out --domain" in message


def test_columns_that_nobody_knows_are_named_with_the_option_that_helps(tmp_path: Path, out: Path) -> None:
    source = table(tmp_path / "x.csv", [{"甲": "1", "乙": "2"}] * 3)

    assert refusal(out, source) == (
        f"{source}: no converter knows these columns; found 甲, 乙; "
        "name them with --map content=COLUMN --map summary=COLUMN"
    )


def test_titles_without_abstracts_are_told_of_join(tmp_path: Path, out: Path) -> None:
    source = table(tmp_path / "x.csv", [{"申请号": "CN1", "专利名称": "一种装置"}] * 3)

    assert "there is a title (专利名称) but no abstract or answer: add it from another file with --join" in refusal(
        out, source
    )


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("klingon", "--encoding klingon: no such encoding; usual ones are utf-8, gb18030"),
        ("utf-8", "not utf-8: byte 2 is c0 fb c3 fb; leave --encoding out to have it found"),
    ],
)
def test_a_forced_encoding_that_cannot_be_is_refused(chinese: Path, out: Path, encoding: str, expected: str) -> None:
    assert expected in refusal(out, chinese, "--encoding", encoding)


def test_a_forced_encoding_under_which_nothing_is_known_is_doubted(tmp_path: Path, out: Path) -> None:
    source = table(tmp_path / "patents.csv", CHINESE)

    assert "leave out --encoding utf-16-le" in refusal(out, source, "--encoding", "utf-16-le")


def test_gb18030_is_found_and_read(chinese: Path, out: Path) -> None:
    outcome = run("convert", chinese, "--out", out)

    assert (outcome.code, outcome.err) == (0, "")
    assert "gb18030" in outcome.out
    assert "一种装置" in (out / "patent" / "train.json").read_text(encoding="utf-8")


def _lfs(path: Path) -> None:
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 12345\n")


def _zip_without_data(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("README.md", "no data")


BAD_FILES: dict[str, tuple[Any, str]] = {
    "empty.csv": (lambda path: path.touch(), "an empty file (0 bytes)"),
    "blank.csv": (lambda path: path.write_text("\n  \n\n"), "empty: expected a table"),
    "empty.json": (lambda path: path.write_text("[]"), "no row in it that can be read"),
    "lfs.json": (_lfs, "a Git LFS pointer to 12,345 bytes"),
    "error.json": (
        lambda path: path.write_text("<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>"),
        "an HTML page titled '404 Not Found'",
    ),
    "picture.csv": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)), "a PNG image"),
    "binary.jsonl": (lambda path: path.write_bytes(bytes(range(256)) * 40), "no known format"),
    "model.json": (lambda path: path.write_bytes(pickle.dumps(["text"])), "a Python pickle"),
    "empty.zip": (lambda path: zipfile.ZipFile(path, "w").close(), "an archive without data"),
    "docs.zip": (_zip_without_data, "an archive without data"),
    "empty": (lambda path: path.mkdir(), "an empty folder; expected data files"),
    "docs": (lambda path: (path.mkdir(), (path / "README.md").write_text("x")), "no data in it"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_what_is_no_data_is_named_as_what_it_is(tmp_path: Path, out: Path, name: str) -> None:
    make, expected = BAD_FILES[name]
    make(tmp_path / name)

    message = refusal(out, tmp_path / name)

    assert message.startswith(f"{tmp_path / name}: ")
    assert expected in message


def test_a_truncated_gzip_is_named_and_nothing_of_it_is_published(tmp_path: Path, out: Path) -> None:
    whole = json_lines(tmp_path / "x.jsonl", patents(2000)).read_bytes()
    (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(whole)[:-2000])

    outcome = run("convert", tmp_path / "x.jsonl.gz", "--out", out)

    assert outcome.code == 1
    assert "cut off" in outcome.error
    assert list(out.rglob("*")) == []


def test_a_missing_file_is_guessed_at(source: Path, out: Path) -> None:
    missing = source.with_name("patent.jsonl")

    assert refusal(out, missing) == f"{missing}: no such file or folder; did you mean {source}?"


def test_a_glob_that_matches_nothing_says_what_is_there(source: Path, out: Path) -> None:
    assert "no file matches" in refusal(out, source.with_name("*.csv"))


def test_a_file_whose_name_is_in_gbk_is_read_and_named_in_chinese(tmp_path: Path, out: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + "专利.jsonl".encode("gbk")))
    json_lines(path, [*patents(9), {"title": "", "assignee": "甲", "abstract": "本发明"}])

    outcome = run("convert", path, "--out", out)

    assert (outcome.code, outcome.err) == (0, "")
    [entry] = read_lines(out / "patent" / "rejected.jsonl")
    assert entry["file"] == str(tmp_path / "专利.jsonl")
