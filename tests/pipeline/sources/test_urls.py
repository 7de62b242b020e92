"""Sources and datasets elsewhere, on file systems of fsspec that need no network."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from pipeline import first_pass
from pipeline.convert import convert_sources
from pipeline.options import ConvertOptions
from pipeline.sources.expand import expand
from schemas.errors import OptionError, SourceError
from tests.running import json_lines, manifest_of, patents, run


@pytest.fixture
def memory() -> Iterator[Any]:
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


def test_a_file_elsewhere_makes_the_records_of_one_here(tmp_path: Path, memory: Any) -> None:
    source = json_lines(tmp_path / "patents.jsonl", patents(300))
    memory.pipe_file("/bucket/patents.jsonl.gz", gzip.compress(source.read_bytes()))

    there = convert_sources(["memory://bucket/patents.jsonl.gz"], ConvertOptions(), out=tmp_path / "there").path
    here = convert_sources([str(source)], ConvertOptions(), out=tmp_path / "here").path

    assert there is not None
    assert here is not None
    assert (there / "train.json").read_bytes() == (here / "train.json").read_bytes()
    [known] = manifest_of(there)["sources"]
    assert known["name"] == "memory:///bucket/patents.jsonl.gz"
    assert len(known["sha256"]) == 64


def test_a_folder_and_a_glob_elsewhere_hold_their_files_in_order(tmp_path: Path, memory: Any) -> None:
    for name in ("b.jsonl", "a.jsonl", "README.md", "sub/c.jsonl"):
        memory.pipe_file(f"/bucket/{name}", json_lines(tmp_path / "x", patents(3)).read_bytes())

    folder, glob = expand(["memory://bucket"]), expand(["memory://bucket/*.jsonl"])

    assert [each.name.rpartition("bucket/")[2] for each in folder.inputs] == ["a.jsonl", "b.jsonl", "sub/c.jsonl"]
    assert [each.name.rpartition("bucket/")[2] for each in glob.inputs] == ["a.jsonl", "b.jsonl"]
    assert [passed.why for passed in folder.skipped] == ["documentation"]


def test_a_source_that_changes_while_it_is_read_is_named_also_elsewhere(
    tmp_path: Path, memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.pipe_file("/bucket/x.jsonl", json_lines(tmp_path / "x", patents(30)).read_bytes())

    def and_changes(*given: Any) -> Any:
        memory.pipe_file("/bucket/x.jsonl", json_lines(tmp_path / "x", patents(31)).read_bytes())
        return first_pass.run(*given)

    monkeypatch.setattr("pipeline.convert.run", and_changes)

    with pytest.raises(SourceError, match="changed while it was read"):
        convert_sources(["memory://bucket/x.jsonl"], ConvertOptions(), out=tmp_path / "out")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("memory://bucket/none", "no data there; expected a file, a folder with files, or a glob"),
        ("foo://bucket", "cannot be opened: Protocol not known: foo"),
    ],
)
def test_what_is_not_there_is_one_line(url: str, said: str) -> None:
    with pytest.raises((SourceError, OptionError)) as caught:
        expand([url])

    assert str(caught.value) == f"{url}: {said}"


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.core.url_to_fs", missing)

    with pytest.raises(OptionError) as caught:
        expand(["s3://bucket/x.jsonl"])

    assert str(caught.value) == "s3://bucket/x.jsonl: needs a package that is not installed: pip install s3fs"


def test_a_dataset_is_brought_elsewhere_and_its_manifest_last(tmp_path: Path, memory: Any) -> None:
    source = json_lines(tmp_path / "x.jsonl", patents(300))
    put: list[str] = []
    memory_put = type(memory).put_file

    def noted(self: Any, here: str, there: str, **given: Any) -> None:
        put.append(there)
        memory_put(self, here, there, **given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(memory), "put_file", noted)
        outcome = run("convert", source, "--out", "memory://bucket/data", "--domain", "patent")

    assert "memory:///bucket/data/patent: written" in outcome.out
    assert put[-1] == "/bucket/data/patent/manifest.json"
    manifest = json.loads(memory.cat_file("/bucket/data/patent/manifest.json"))
    assert memory.cat_file("/bucket/data/patent/train.json").count(b"\n") == manifest["records"]["train"]


def test_a_dataset_elsewhere_is_replaced_only_when_asked(tmp_path: Path, memory: Any) -> None:
    source = json_lines(tmp_path / "x.jsonl", patents(300))
    to = ("--out", "memory://bucket/data", "--domain", "patent")
    assert run("convert", source, *to).code == 0

    refused = run("convert", source, *to)
    replaced = run("convert", source, *to, "--overwrite", "--work", tmp_path / "work")

    assert "already there; replace it with --overwrite" in refused.error
    assert replaced.code == 0
    assert not list((tmp_path / "work").iterdir())


def test_what_is_no_dataset_elsewhere_stays(tmp_path: Path, memory: Any) -> None:
    source = json_lines(tmp_path / "x.jsonl", patents(300))
    memory.pipe_file("/bucket/data/patent/mine.txt", b"mine")

    refused = run("convert", source, "--out", "memory://bucket/data", "--overwrite")

    assert "in the way and not a dataset of prep" in refused.error
    assert memory.cat_file("/bucket/data/patent/mine.txt") == b"mine"


def test_work_is_for_datasets_elsewhere(tmp_path: Path) -> None:
    source = json_lines(tmp_path / "x.jsonl", patents(30))

    refused = run("convert", source, "--out", tmp_path / "out", "--work", tmp_path)

    assert "expected --out with a URL" in refused.error
