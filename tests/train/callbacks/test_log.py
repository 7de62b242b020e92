"""The log of a run."""

import json
from pathlib import Path

from train.callbacks.log import cut_log, read_log


def test_lines_after_the_checkpoint_and_broken_ones_go(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    whole = "".join(json.dumps({"step": step, "loss": 0.1 + step}) + "\n" for step in (1, 2, 3))
    log.write_text(whole + '{"step": 4, "lo', encoding="utf-8")

    cut_log(log, 2)

    assert [row["step"] for row in read_log(log)] == [1, 2]
    assert read_log(log)[1]["loss"] == 2.1
    assert [path.name for path in tmp_path.iterdir()] == ["log.jsonl"]


def test_a_log_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    cut_log(tmp_path / "log.jsonl", 0)

    assert read_log(tmp_path / "log.jsonl") == []
