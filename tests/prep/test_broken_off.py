"""A full disk, a folder in the way, Ctrl-C, an outcome that is none: one line, and nothing half-made stays."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.lock import held
from tests.running import contents, json_lines, patents, refusal, run


def test_a_folder_that_is_no_dataset_is_never_replaced(source: Path, out: Path) -> None:
    (out / "patent").mkdir(parents=True)
    (out / "patent" / "thesis.txt").write_text("years of work")

    message = refusal(out, source, "--overwrite")

    assert message == f"{out / 'patent'}: in the way and not a dataset of prep; choose another --name or --out"


def test_an_out_that_is_a_file_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    outcome = run("convert", source, "--out", tmp_path / "file")

    assert outcome.code == 1
    assert "cannot be written to" in outcome.error
    assert "choose another --out" in outcome.error


def test_no_permission_to_write_is_said(source: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EACCES))

    monkeypatch.setattr("fcntl.flock", refuse)

    outcome = run("convert", source, "--out", out)

    assert outcome.code == 1
    assert outcome.error == f"prep: {out}: cannot be written to: Permission denied; choose another --out"


def test_no_permission_to_read_is_said(source: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def refuse(path: Path, *arguments: Any, **keywords: Any) -> Any:
        if path == source:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return opened(path, *arguments, **keywords)

    monkeypatch.setattr(Path, "open", refuse)

    assert refusal(out, source) == f"{source}: cannot be read: Permission denied"


def test_a_full_disk_is_said_and_nothing_stays_where_nothing_was_finished(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pipeline.spool.Spool.write", fail)

    outcome = run("convert", source, "--out", out)

    assert outcome.code == 1
    assert outcome.error == f"prep: {out / 'patent'}: not written: No space left on device; nothing was left behind"
    assert list(out.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB that can be made larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if not made or made.returncode:
        pytest.skip("mounting a small file system needs privileges that are not here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(
    ("rows", "options"),
    [(20000, []), (4000, ["--resume"]), (5000, ["--resume"]), (6000, ["--resume"]), (20000, ["--resume"])],
)
def test_a_disk_that_really_is_full_is_said_and_with_more_room_the_work_goes_on(
    tmp_path: Path, small_disk: Path, rows: int, options: list[str]
) -> None:
    source = json_lines(tmp_path / "patents.jsonl", patents(rows))

    outcome = run("convert", source, "--out", small_disk, *options)
    subprocess.run(["mount", "-o", "remount,size=32m", str(small_disk)], check=True)
    again = run("convert", source, "--out", small_disk, "--resume")

    assert outcome.code == 1
    assert "No space left on device" in outcome.error
    assert again.code == 0
    assert ("resumed: 1 part had been finished before" in again.out) == ("go on with --resume" in outcome.error)
    assert [path.name for path in small_disk.iterdir()] == ["patent"]
    assert run("convert", source, "--out", tmp_path / "whole").code == 0
    assert contents(small_disk) == contents(tmp_path / "whole")


def test_the_second_run_into_one_folder_is_told_who_holds_it(source: Path, out: Path) -> None:
    out.mkdir()
    with held(out / "patent"):
        outcome = run("convert", source, "--out", out)

    assert outcome.code == 1
    assert f"{out / 'patent'}: being written by process {os.getpid()} on " in outcome.error
    assert list(out.iterdir()) == []


def test_nothing_came_out_is_exit_code_2_with_the_ledger_beside(source: Path, out: Path) -> None:
    outcome = run("convert", source, "--out", out, "--max-content", "3")

    ledger = out / "patent.rejected.jsonl"
    assert outcome.code == 2
    assert outcome.error == f"prep: nothing came out: 60 rows read, prompt_too_long 60; see {ledger}"
    assert len(ledger.read_text(encoding="utf-8").splitlines()) == 60
    assert list(out.iterdir()) == [ledger]


def test_too_many_rejects_is_exit_code_2_and_mended_by_its_option(tmp_path: Path, out: Path) -> None:
    rows = [*patents(40), *({**row, "abstract": ""} for row in patents(60, first=40))]
    source = json_lines(tmp_path / "x.jsonl", rows)

    outcome = run("convert", source, "--out", out)
    again = run("convert", source, "--out", out, "--max-reject-rate", "0.6")

    assert outcome.code == 2
    assert "60.0% rejected, more than --max-reject-rate 0.5: 100 rows read, empty_response 60; see" in outcome.error
    assert again.code == 0


@pytest.mark.parametrize("options", [[], ["--dry-run"], ["--limit", "5"]])
def test_a_header_without_rows_leaves_no_empty_ledger(tmp_path: Path, out: Path, options: list[str]) -> None:
    (tmp_path / "x.csv").write_text("title,abstract\n")

    outcome = run("convert", tmp_path / "x.csv", "--out", out, *options)

    assert outcome.code == 2
    assert outcome.error == "prep: nothing came out: 0 rows read"
    assert list(out.rglob("*")) == []


INTERRUPTED = """
import os, signal, sys, threading, time
from pathlib import Path
from prep.cli.main import main
{setup}
sys.argv = ["prep", "convert", sys.argv[1], "--out", sys.argv[2]]
main()
"""
WHILE_CONVERTING = """
import pipeline.first_pass as module
convert = module.convert_chunk
def interrupting(*arguments, **keywords):
    os.kill(os.getpid(), signal.{name})
    time.sleep(0.2)
    return convert(*arguments, **keywords)
module.convert_chunk = interrupting
"""
WHILE_READING_AHEAD = """
import pipeline.readers.json_lines as module
def slow(*arguments, **keywords):
    os.kill(os.getpid(), signal.{name})
    time.sleep(1)
    return iter(())
import pipeline.readers.json_reader
pipeline.readers.json_reader.line_chunks = slow
"""
WHILE_WRITING = """
import pipeline.second_pass as module
def interrupting(*arguments, **keywords):
    os.kill(os.getpid(), signal.{name})
    time.sleep(5)
module.write_origins = interrupting
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    "setup", [WHILE_CONVERTING, WHILE_READING_AHEAD, WHILE_WRITING], ids=["convert", "read", "write"]
)
def test_an_interruption_is_one_line_and_leaves_nothing(source: Path, out: Path, setup: str, name: str) -> None:
    script = INTERRUPTED.format(setup=setup.format(name=name))

    done = subprocess.run(
        [sys.executable, "-c", script, str(source), str(out)], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 130
    assert done.stderr == "prep: interrupted; nothing unfinished was left behind\n"
    assert list(out.iterdir()) == []
