"""What the machine refuses, and no command looked for, is one line all the same; anything else keeps its traceback."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from tests.running import run


@pytest.fixture
def dataset(source: Path, out: Path) -> Path:
    run("convert", source, "--out", out, "--name", "pat")
    return out / "pat"


def _failing(number: int, name: str) -> Any:
    opened = Path.open

    def fail(self: Path, *arguments: Any, **options: Any) -> Any:
        if self.name == name:
            raise OSError(number, os.strerror(number), str(self))
        return opened(self, *arguments, **options)

    return fail


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "Permission denied; expected the right to read it"),
        (errno.EMFILE, "Too many open files; allow more open files"),
    ],
)
def test_a_file_that_the_machine_does_not_give_is_named(
    dataset: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int, said: str
) -> None:
    monkeypatch.setattr(Path, "open", _failing(number, "train.json"))

    outcome = run("export", dataset, "--to", "alpaca", "--out", tmp_path / "exports")

    assert outcome.code == 1
    assert outcome.error.startswith(f"prep: {dataset / 'train.json'}: {said}")
    assert not list((tmp_path / "exports").glob("*"))


def test_an_error_that_is_ours_keeps_its_traceback(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "open", _failing(errno.EBADF, "train.json"))

    with pytest.raises(OSError, match="Bad file descriptor"):
        run("export", dataset, "--to", "alpaca", "--out", dataset.parent / "exports")
