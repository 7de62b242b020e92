"""A conversion that is broken off does not go on against a held-out file that is no longer what it was."""

from pathlib import Path

import pytest

from tests.prep.test_resume import broken_off, small_chunks
from tests.running import json_lines, patents, run

pytestmark = pytest.mark.usefixtures("small_chunks")
__all__ = ["small_chunks"]


def test_a_held_out_file_that_changed_since_is_named_and_refused(tmp_path: Path) -> None:
    source = json_lines(tmp_path / "a.jsonl", patents(120))
    held = json_lines(tmp_path / "held.jsonl", patents(3))
    options = ("--against", held, "--out", tmp_path / "data")
    broken_off(2, source, *options)
    json_lines(held, patents(4))

    outcome = run("convert", source, *options, "--resume")

    assert outcome.error.startswith(f"prep: {held}: changed since the run began that is to be resumed")
