"""Other trainers, each run by its own Python; tests are skipped where ``make interop`` has not installed them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from schemas.dataset import PreparedDataset, Split

ROOT = Path(__file__).resolve().parents[2]
READERS = Path(__file__).parent / "readers"


def ask(client: str, reader: str, place: Path, *arguments: str | Path) -> list[dict[str, Any]]:
    """What a reader wrote, a line a record; it reads nothing from any network."""
    python = ROOT / "build" / "interop" / client / "bin" / "python"
    if not (python.parents[1] / ".ready").is_file():
        pytest.skip(f"{client} is not installed; make interop installs it")
    home = {name: str(place / "home") for name in ("HF_HOME", "MODELSCOPE_CACHE", "HF_DATASETS_CACHE")}
    outcome = subprocess.run(
        [python, READERS / f"{reader}.py", *map(str, arguments)],
        env={**os.environ, **home, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
        cwd=place,
        check=False,
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    return [json.loads(line) for line in (place / "out").read_text(encoding="utf-8").splitlines()]


def turns_of(dataset: PreparedDataset, split: Split) -> list[list[list[str]]]:
    """Every record of a split as ``[role, text]``, the oldest turn first."""
    lines = [json.loads(line) for line in dataset.file(split).read_text(encoding="utf-8").split("\n") if line]
    return [_turns(line) for line in lines]


def _turns(line: dict[str, Any]) -> list[list[str]]:
    last = [line.get("prompt", line.get("content")), line.get("response", line.get("summary"))]
    pairs = [*line.get("history", []), last]
    return [[role, text] for pair in pairs for role, text in zip(("user", "assistant"), pair, strict=True)]
