"""What the user typed becomes named streams, in a stable order, and nothing is passed over in silence."""

import gzip
import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.sources.expand import expand
from schemas.errors import SourceError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("data/b.jsonl", "data/sub/a.csv", "data/a.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"title": "标题"}\n')
    return tmp_path


def _names(*sources: str) -> list[str]:
    return [each.name for each in expand(sources).inputs]


def test_a_folder_is_walked_in_sorted_order(folder: Path) -> None:
    assert _names("data") == ["data/a.jsonl", "data/b.jsonl", "data/sub/a.csv"]


def test_a_plain_file_keeps_its_path_and_its_size(folder: Path) -> None:
    (found,) = expand(["data/a.jsonl"]).inputs

    assert found.path == Path("data/a.jsonl")
    assert found.size == 20


def test_a_compressed_file_has_neither_path_nor_size(folder: Path) -> None:
    Path("data/a.jsonl").write_bytes(gzip.compress(b"{}\n"))

    (found,) = expand(["data/a.jsonl"]).inputs

    assert (found.path, found.size, found.head()) == (None, None, b"{}\n")


def test_globs_are_sorted_and_files_named_twice_are_read_once(folder: Path) -> None:
    found = expand(["data/b.jsonl", "data/*.jsonl", "data/**/*.csv"])

    assert [each.name for each in found.inputs] == ["data/b.jsonl", "data/a.jsonl", "data/sub/a.csv"]
    assert found.skipped == [("data/b.jsonl", "named twice")]


def test_a_file_whose_name_looks_like_a_glob_is_a_file(folder: Path) -> None:
    Path("a[1].json").write_text("[]")

    assert _names("a[1].json") == ["a[1].json"]


def test_what_is_no_data_in_a_folder_is_reported(folder: Path) -> None:
    for name in ("README.md", "LICENSE", ".hidden", "manifest.json", "rejected.jsonl", "duplicates.jsonl", "load.py"):
        Path("data", name).write_text("x")
    Path("data/empty.json").touch()
    Path("data/figure.png").write_bytes(b"\x89PNG\r\n\x1a\n....")
    Path("data/readme_examples.jsonl").write_text("{}")
    Path("data/loop").symlink_to(folder / "data")

    found = expand(["data"])

    assert [each.name for each in found.inputs][-2:] == ["data/readme_examples.jsonl", "data/sub/a.csv"]
    assert {Path(name).name: why for name, why in found.skipped} == {
        ".hidden": "hidden",
        "LICENSE": "documentation",
        "README.md": "documentation",
        "duplicates.jsonl": "written by a tool beside its data",
        "empty.json": "an empty file (0 bytes)",
        "figure.png": "a PNG image; leave it out",
        "load.py": "no data (.py)",
        "loop": "a link to a folder, a broken link or a pipe",
        "manifest.json": "written by a tool beside its data",
        "rejected.jsonl": "written by a tool beside its data",
    }


def test_a_ledger_that_is_named_itself_is_data(folder: Path) -> None:
    Path("rejected.jsonl").write_text("{}")

    assert _names("rejected.jsonl") == ["rejected.jsonl"]


def test_a_git_lfs_pointer_is_an_error_even_in_a_folder(folder: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab12" * 16 + "\nsize 48123456\n"
    Path("data/baike.json").write_text(pointer)

    with pytest.raises(SourceError, match=r"baike\.json: a Git LFS pointer to 48,123,456 bytes .*git lfs pull"):
        expand(["data"])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("data/a.json", r"data/a\.json: no such file or folder; did you mean data/a\.jsonl"),
        ("dat/a.jsonl", r"dat/a\.jsonl: no such file or folder; did you mean data\?"),
        ("nothing", r"nothing: no such file or folder; \./ holds data, empty, images, zero\.csv"),
        ("data/*.xml", r"data/\*\.xml: no file matches; data/ holds a\.jsonl, b\.jsonl, sub"),
        ("empty", r"empty: an empty folder; expected data files such as"),
        ("images", r"images: no data in it, only 1 files that are none \(a\.png: a PNG image"),
        ("zero.csv", r"zero\.csv: an empty file \(0 bytes\)"),
        ("a\0b", r"no such file"),
        ("n" * 300, r"cannot be read: File name too long"),
    ],
)
def test_a_source_without_data_is_one_clear_line(folder: Path, source: str, message: str) -> None:
    Path("empty").mkdir()
    Path("images").mkdir()
    Path("images/a.png").write_bytes(b"\x89PNG\r\n\x1a\n....")
    Path("zero.csv").touch()

    with pytest.raises(SourceError, match=message) as caught:
        expand([source])

    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(folder: Path) -> None:
    Path("data/a.jsonl").chmod(0)

    with pytest.raises(SourceError, match=r"data/a\.jsonl: cannot be read: Permission denied"):
        expand(["data"])


def test_a_refused_permission_is_a_source_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "data/a.jsonl")

    monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(SourceError, match=r"data/a\.jsonl: cannot be read: Permission denied"):
        expand(["data"])


def test_standard_input_can_be_opened_again_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(gzip.compress(b"{}\n"))))

    found = expand(["-"])
    assert [each.name for each in found.inputs] == ["standard input"]
    for _ in range(2):
        with found.inputs[0].open() as stream:
            assert stream.read() == b"{}\n"


def test_a_temporary_file_goes_with_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"{}\n")))
    found = expand(["-"]).inputs
    path = found[0].path
    assert path is not None
    assert path.exists()

    found.clear()

    assert not path.exists()


def test_a_named_pipe_is_read(folder: Path) -> None:
    read, write = os.pipe()
    os.write(write, b"{}\n")
    os.close(write)

    (found,) = expand([f"/dev/fd/{read}"]).inputs
    os.close(read)

    assert found.head() == b"{}\n"


def test_a_stream_compressed_in_itself_for_ever_is_refused(folder: Path) -> None:
    data = b"{}"
    for _ in range(4):
        data = gzip.compress(data)
    Path("a.gz").write_bytes(data)

    with pytest.raises(SourceError, match="compressed 3 times over"):
        expand(["a.gz"])


def test_data_sets_of_the_hub_are_left_to_datasets(folder: Path) -> None:
    found = expand(["hf::owner/name:config@train", "data/a.jsonl"])

    assert found.hub == ["hf::owner/name:config@train"]
    assert [each.name for each in found.inputs] == ["data/a.jsonl"]
