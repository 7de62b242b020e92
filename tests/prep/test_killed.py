"""``kill -9`` at drawn moments, many times over: what goes on from there gives the bytes of an undisturbed run."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.running import contents, json_lines, patents, run


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    """Two files; some rows have no record, some records stand in both."""
    empty = {"title": "空", "abstract": ""}
    return [
        json_lines(tmp_path / "a.jsonl", [*patents(120), empty]),
        json_lines(tmp_path / "b.jsonl", [empty, *patents(120, first=60)]),
    ]


def killed(sources: list[Path], out: Path, **how: Any) -> list[int]:
    """How runs ended that were killed at drawn moments, each going on with what the one before left."""
    order = {"sources": [str(source) for source in sources], "out": str(out), "how": how}
    done = subprocess.run(
        [sys.executable, "-m", "tests.prep.killed", json.dumps(order)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    codes: list[int] = json.loads(done.stdout)
    assert set(codes) == {0, -signal.SIGKILL}
    return codes


@pytest.mark.parametrize("number", [pytest.param(10, id="some"), pytest.param(300, id="many", marks=pytest.mark.slow)])
def test_killed_anywhere_it_gives_the_same_bytes_in_the_end(sources: list[Path], tmp_path: Path, number: int) -> None:
    codes = killed(sources, tmp_path, seed=5, number=number, options=["--resume"])

    expected = contents(tmp_path / "whole")
    finished = [*tmp_path.glob("done.*"), tmp_path / "work" / "whole"]
    assert codes[-1] == 0
    assert len(finished) == codes.count(0)
    assert [contents(folder) == expected for folder in finished] == [True] * len(finished)
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["whole"]


@pytest.mark.parametrize("number", [pytest.param(8, id="some"), pytest.param(200, id="many", marks=pytest.mark.slow)])
def test_killed_while_it_replaces_a_dataset_either_is_there(sources: list[Path], tmp_path: Path, number: int) -> None:
    old = tmp_path / "work" / "whole"
    assert run("convert", sources[0], "--out", old.parent, "--name", "whole").code == 0

    codes = killed(sources, tmp_path, seed=6, number=number, options=["--overwrite", "--resume"])

    assert codes[-1] == 0
    assert contents(old) == contents(tmp_path / "whole")
    assert [path.name for path in old.parent.iterdir()] == ["whole"]
