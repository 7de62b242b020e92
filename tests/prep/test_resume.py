"""A conversion that is broken off, anywhere, goes on with ``--resume`` and gives the bytes of one that was not."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import pipeline.find
import pipeline.first_pass
from pipeline.options import ConvertOptions
from pipeline.readers.chunk import ReadOptions
from tests.running import Outcome, contents, json_lines, patents, run

PARTS = 10
"""Of both sources together."""


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that little is read in several parts."""

    def reading(options: ConvertOptions) -> ReadOptions:
        return ReadOptions(encoding=options.encoding, chunk_bytes=4_000)

    monkeypatch.setattr(pipeline.find, "_reading", reading)


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    """Two files; some rows have no record, some records stand in both."""
    empty = {"title": "空", "abstract": ""}
    return [
        json_lines(tmp_path / "a.jsonl", [*patents(120), empty]),
        json_lines(tmp_path / "b.jsonl", [empty, *patents(120, first=60)]),
    ]


@pytest.fixture
def whole(sources: list[Path], tmp_path: Path) -> dict[str, bytes]:
    """What an undisturbed run gives."""
    assert run("convert", *sources, "--out", tmp_path / "whole").code == 0
    return contents(tmp_path / "whole" / "patent")


def broken_off(after: int, *arguments: str | Path, error: Exception | None = None) -> Outcome:
    """A run in which the disk is full once so many parts are made."""
    convert, made = pipeline.first_pass.convert_chunk, iter(range(after))

    def failing(*given: Any, **named: Any) -> Any:
        if next(made, None) is None:
            raise error or OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return convert(*given, **named)

    with mock.patch.object(pipeline.first_pass, "convert_chunk", failing):
        return run("convert", *arguments)


@pytest.mark.parametrize("after", [1, 2, PARTS - 1])
def test_only_what_is_missing_is_made(sources: list[Path], out: Path, whole: dict[str, bytes], after: int) -> None:
    first = broken_off(after, *sources, "--out", out)
    convert = pipeline.first_pass.convert_chunk
    with mock.patch.object(pipeline.first_pass, "convert_chunk", side_effect=convert) as made:
        second = run("convert", *sources, "--out", out, "--resume")

    work = out / ".patent.unfinished"
    assert first.error.endswith(f"No space left on device; finished parts stay in {work}, go on with --resume")
    assert second.code == 0
    assert f"resumed: {after} part" in second.out
    assert made.call_count == PARTS - after
    assert contents(out) == {f"patent/{name}": text for name, text in whole.items()}


def test_a_file_that_was_read_to_its_end_is_not_read_again(
    sources: list[Path], out: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_off(PARTS - 1, *sources, "--out", out)
    import pipeline.readers.json_reader as reader

    read: list[str] = []
    chunks = reader._chunks

    def noted(source: Any, *rest: Any) -> Any:
        read.append(source.name)
        return chunks(source, *rest)

    monkeypatch.setattr(reader, "_chunks", noted)
    assert run("convert", *sources, "--out", out, "--resume").code == 0

    assert read == [str(sources[1])]
    assert contents(out / "patent") == whole


def test_without_the_option_the_work_begins_anew(sources: list[Path], out: Path, whole: dict[str, bytes]) -> None:
    broken_off(3, *sources, "--out", out)

    second = run("convert", *sources, "--out", out)

    assert second.code == 0
    assert "resumed" not in second.out
    assert [path.name for path in out.iterdir()] == ["patent"]
    assert contents(out / "patent") == whole


def test_a_worker_without_memory_is_one_line_and_can_be_resumed(
    sources: list[Path], out: Path, whole: dict[str, bytes]
) -> None:
    first = broken_off(3, *sources, "--out", out, error=MemoryError())
    second = run("convert", *sources, "--out", out, "--resume")

    assert first.code == 1
    assert f"{out / 'patent'}: not written: not enough memory; finished parts stay in" in first.error
    assert second.code == 0
    assert contents(out / "patent") == whole


@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "marker"])
def test_a_finished_part_that_is_damaged_is_made_again(
    sources: list[Path], out: Path, whole: dict[str, bytes], damage: str
) -> None:
    broken_off(4, *sources, "--out", out)
    part = out / ".patent.unfinished" / "parts" / "00000.000001.arrow"
    if damage == "cut":
        part.write_bytes(part.read_bytes()[:-100])
    elif damage == "changed":
        part.write_bytes(part.read_bytes().replace("检测".encode(), "检查".encode(), 1))
    elif damage == "gone":
        part.unlink()
    else:
        part.with_suffix(".done").write_text('{"files": {"00000')

    second = run("convert", *sources, "--out", out, "--resume")

    assert "resumed: 3 parts" in second.out
    assert contents(out / "patent") == whole


@pytest.mark.parametrize("options", [[], ["--resume"]])
def test_a_run_that_was_killed_when_all_was_done_is_tidied_up(
    sources: list[Path], out: Path, whole: dict[str, bytes], options: list[str]
) -> None:
    broken_off(4, *sources, "--out", out)
    (out / ".patent.unfinished").rename(out.parent / "left")
    run("convert", *sources, "--out", out)
    (out.parent / "left").rename(out / ".patent.unfinished")
    (out / ".patent.lock").touch()

    outcome = run("convert", *sources, "--out", out, *options)

    assert outcome.out.endswith("unchanged, made from the same sources with the same options\n")
    assert contents(out) == {f"patent/{name}": text for name, text in whole.items()}


def test_nothing_to_resume_is_a_run_from_the_start(sources: list[Path], out: Path, whole: dict[str, bytes]) -> None:
    assert run("convert", *sources, "--out", out, "--resume").code == 0

    assert contents(out) == {f"patent/{name}": text for name, text in whole.items()}


def appended(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def rewritten(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace("检测".encode(), "检查".encode()))


def rewritten_and_dated_back(path: Path) -> None:
    before = path.stat()
    rewritten(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [appended, rewritten, rewritten_and_dated_back, Path.touch])
def test_a_source_that_changed_since_is_named_and_refused(sources: list[Path], out: Path, change: Any) -> None:
    broken_off(4, *sources, "--out", out)
    change(sources[0])

    outcome = run("convert", *sources, "--out", out, "--resume")

    assert outcome.code == 1
    assert outcome.error.startswith(f"prep: {sources[0]}: changed since the run began that is to be resumed")
    assert outcome.error.endswith("; leave out --resume to begin anew")
    assert run("convert", *sources, "--out", out).code == 0


def test_a_source_that_was_only_copied_goes_on(sources: list[Path], out: Path, whole: dict[str, bytes]) -> None:
    broken_off(4, *sources, "--out", out)
    for source in sources:
        before, text = source.stat(), source.read_bytes()
        source.unlink()
        source.write_bytes(text)
        os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))

    outcome = run("convert", *sources, "--out", out, "--resume")

    assert "resumed: 4 parts" in outcome.out
    assert contents(out / "patent") == whole


def test_a_source_that_changes_while_it_is_read_is_named_and_refused(sources: list[Path], out: Path) -> None:
    convert = pipeline.first_pass.convert_chunk

    def changing(*given: Any, **named: Any) -> Any:
        with sources[1].open("ab") as stream:
            stream.write(b"\n")
        return convert(*given, **named)

    with mock.patch.object(pipeline.first_pass, "convert_chunk", changing):
        outcome = run("convert", *sources, "--out", out)

    assert outcome.code == 1
    assert outcome.error.startswith(f"prep: {sources[1]}: changed while it was read: ")
    assert outcome.error.endswith(" now; convert it again when nobody writes to it")
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(("old", "new"), [("检测", "检测"), ("检测", "检查")])
def test_standard_input_is_known_by_what_is_read(
    sources: list[Path], out: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    def typed(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    text = sources[0].read_bytes()
    typed(text)
    broken_off(2, "-", "--out", out)
    typed(text.replace(old.encode(), new.encode()))
    outcome = run("convert", "-", "--out", out, "--resume")

    if old == new:
        assert "resumed: 2 parts" in outcome.out
    else:
        assert outcome.error.startswith("prep: standard input: changed since the run began that is to be resumed, at")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["a.jsonl", "b.jsonl", "--max-content", "9"], "other options: --max-content was not given, is 9"),
        (["a.jsonl"], "other sources"),
    ],
)
def test_only_the_same_work_goes_on(
    sources: list[Path], out: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], message: str
) -> None:
    monkeypatch.chdir(sources[0].parent)
    broken_off(4, "a.jsonl", "b.jsonl", "--out", out)

    outcome = run("convert", *given, "--out", out, "--resume")

    work = out / ".patent.unfinished"
    assert outcome.error == f"prep: {work}: begun with {message}; leave out --resume to begin anew"


INTERRUPTED = """
import os, signal, sys, time
import pipeline.find, pipeline.first_pass as module
from pipeline.readers.chunk import ReadOptions
from prep.cli.main import main
pipeline.find._reading = lambda options: ReadOptions(chunk_bytes=4_000)
convert, made = module.convert_chunk, iter(range(3))
def interrupting(*arguments, **keywords):
    if next(made, None) is None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.2)
    return convert(*arguments, **keywords)
module.convert_chunk = interrupting
sys.argv = ["prep", "convert", *sys.argv[1:]]
main()
"""


def test_an_interrupted_run_with_the_option_keeps_its_parts_and_says_so(
    sources: list[Path], out: Path, whole: dict[str, bytes]
) -> None:
    arguments = [*map(str, sources), "--out", str(out), "--resume"]

    first = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    second = run("convert", *arguments)

    work = out / ".patent.unfinished"
    assert first.returncode == 130
    assert first.stderr == f"prep: interrupted; finished parts stay in {work}, go on with --resume\n"
    assert "resumed: " in second.out
    assert contents(out) == {f"patent/{name}": text for name, text in whole.items()}
