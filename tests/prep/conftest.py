"""What the tests of the command have in common."""

from pathlib import Path

import pytest

from tests.running import json_lines, patents


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return json_lines(tmp_path / "patents.jsonl", patents(60))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "data"
