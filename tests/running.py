"""The command line run in this process, small sources for it, and what it wrote."""

import contextlib
import io
import json
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from prep.cli.main import main

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line on standard error, which is all that may stand there."""
        assert "Traceback" not in self.err
        [line] = self.err.splitlines()
        return line


def run(*arguments: str | Path) -> Outcome:
    """``prep ARGUMENTS`` as a terminal would run it, with standard output and error that are no terminals."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    before = signal.getsignal(signal.SIGTERM), sys.unraisablehook
    try:
        with (
            mock.patch.object(sys, "argv", ["prep", *map(str, arguments)]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        signal.signal(signal.SIGTERM, before[0])
        sys.unraisablehook = before[1]
    return Outcome(code, out.getvalue(), err.getvalue())


def patents(count: int, first: int = 0) -> Iterator[dict[str, str]]:
    """Rows in the columns of ``patent/bdci``, all different."""
    for number in range(first, first + count):
        yield {
            "title": f"一种第{number}号检测装置",
            "assignee": "甲公司",
            "abstract": f"本发明公开了一种检测装置，包括第{number}个壳体和第{number * 7}个传感器。",
        }


def json_lines(path: Path, rows: Iterable[Row]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def table(path: Path, rows: Sequence[Row], encoding: str = "utf-8") -> Path:
    """A CSV file without anything to quote."""
    lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)]
    path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
    return path


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def manifest_of(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refusal(out: Path, *arguments: str | Path, code: int = 1) -> str:
    """The message, once it is sure that nothing was written."""
    before = sorted(out.rglob("*"))

    outcome = run("convert", *arguments, "--out", out)

    assert outcome.code == code
    assert outcome.out == ""
    assert sorted(out.rglob("*")) == before
    assert outcome.error.startswith("prep: ")
    return outcome.error.removeprefix("prep: ")
