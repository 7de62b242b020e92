"""``kill -9`` while a dataset grows, at drawn moments: the old one is there or the grown one."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import json_lines, patents, run


@pytest.mark.parametrize("number", [pytest.param(10, id="some"), pytest.param(300, id="many", marks=pytest.mark.slow)])
def test_killed_anywhere_the_old_dataset_is_there_or_the_grown_one(tmp_path: Path, number: int) -> None:
    first = json_lines(tmp_path / "a.jsonl", patents(120))
    second = json_lines(tmp_path / "b.jsonl", patents(120, first=60))
    assert run("convert", first, "--out", tmp_path, "--name", "base", "--near-dedup", "0.8").code == 0
    order = {
        "base": str(tmp_path / "base"),
        "source": str(second),
        "out": str(tmp_path),
        "how": {"seed": 7, "number": number},
    }

    done = subprocess.run(
        [sys.executable, "-m", "tests.pipeline.append.killed", json.dumps(order)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    codes = json.loads(done.stdout)
    assert set(codes) == {0, -signal.SIGKILL}
    assert codes[-1] == 0
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["base"]
