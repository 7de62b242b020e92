"""Files that are no data are named as what they are."""

import pickle
from pathlib import PurePath

import pytest

from pipeline.sources.impostors import skipped_by_name, what_is_it


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 133\n" % (b"a" * 64), "Git LFS pointer"),
        (b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title>", "HTML page titled '404 Not Found'"),
        (b"\xef\xbb\xbf  <HTML>", "HTML page"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">', "HTML page"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x7fELF\x02", "executable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "old Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "old Word document"),
        (b"Rar!\x1a\x07\x01\x00", "RAR archive"),
        (pickle.dumps({"a": [1]}), "Python pickle"),
        (pickle.dumps(["a"], protocol=2), "Python pickle"),
    ],
)
def test_an_impostor_is_named(head: bytes, what: str) -> None:
    assert what in (what_is_it(head) or "")


@pytest.mark.parametrize(
    "head",
    [
        b'{"title": "x"}',
        b"[",
        "标题,摘要".encode("gb18030"),
        "标题".encode("utf-16"),
        b"SQLite format 3\x00",
        b"PAR1\x15",
        b"ARROW1\x00\x00",
        b"PK\x03\x04",
        b'<?xml version="1.0"?><PatentDocument>',
        b'<doc id="13" title="x">',
        b"<mediawiki>",
        b"title\tabstract",
        b"version https is a text",
        b"MZ is a text",
        b"",
    ],
)
def test_data_is_no_impostor(head: bytes) -> None:
    assert what_is_it(head) is None


@pytest.mark.parametrize(
    ("name", "is_skipped"),
    [
        ("README.zh.md", True),
        ("LICENSE-APACHE", True),
        ("license.txt", True),
        (".git/objects/a", True),
        ("~$book.xlsx", True),
        ("a.db-wal", True),
        ("license_plates.csv", False),
        ("readme.jsonl", False),
        ("AA/wiki_00", False),
        ("notice2019.csv", False),
    ],
)
def test_names_tell_documentation_from_data(name: str, is_skipped: bool) -> None:
    assert (skipped_by_name(PurePath(name)) is not None) == is_skipped
