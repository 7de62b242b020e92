"""One run at a time writes a dataset; the second is told who the first is."""

import errno
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.lock import held
from schemas.errors import DatasetError

HOLDING = """
import sys
from pathlib import Path
from pipeline.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder_of(target: Path) -> subprocess.Popen[str]:
    """Another process that holds it until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_process_is_told_who_holds_it_where_and_since_when(tmp_path: Path) -> None:
    with holder_of(tmp_path / "patent") as first:
        with pytest.raises(DatasetError) as refused, held(tmp_path / "patent"):
            pass
        first.communicate()

    expected = rf"patent: being written by process {first.pid} on {socket.gethostname()} since \d{{4}}-\d\d-\d\d \d\d:"
    assert refused.match(expected)
    assert refused.match("; wait for it, or write beside it with --name")


def test_a_lock_goes_with_its_holder(tmp_path: Path) -> None:
    with held(tmp_path / "patent"), held(tmp_path / "legal"):
        assert len(list(tmp_path.iterdir())) == 2

    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    with holder_of(tmp_path / "patent") as first:
        first.kill()

    assert (tmp_path / ".patent.lock").exists()
    with held(tmp_path / "patent"):
        note = json.loads((tmp_path / ".patent.lock").read_text())
    assert note["pid"] == os.getpid()


def test_two_runs_of_one_process_hold_each_other_off(tmp_path: Path) -> None:
    with (
        held(tmp_path / "patent"),
        pytest.raises(DatasetError, match=f"process {os.getpid()} on"),
        held(tmp_path / "patent"),
    ):
        pass

    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shared folder that knows no locks."""

    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)


def left_by(target: Path, **holder: Any) -> Path:
    path = target.with_name(f".{target.name}.lock")
    path.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": "today", **holder}))
    return path


@pytest.mark.usefixtures("without_locks")
@pytest.mark.parametrize("holder", [{}, {"host": "elsewhere", "pid": 1}])
def test_where_locks_are_unknown_the_note_of_a_holder_that_may_live_counts(tmp_path: Path, holder: Any) -> None:
    path = left_by(tmp_path / "patent", **holder)

    with pytest.raises(DatasetError, match=f"if it is dead, delete {path}"), held(tmp_path / "patent"):
        pass

    assert path.exists()


@pytest.mark.usefixtures("without_locks")
def test_where_locks_are_unknown_the_note_of_a_dead_process_does_not(tmp_path: Path) -> None:
    with holder_of(tmp_path / "other") as dead:
        dead.kill()
    left_by(tmp_path / "patent", pid=dead.pid)

    with held(tmp_path / "patent"):
        pass


def test_a_note_that_was_not_finished_keeps_nobody_off(tmp_path: Path) -> None:
    (tmp_path / ".patent.lock").write_text('{"pid":')

    with held(tmp_path / "patent"):
        pass
