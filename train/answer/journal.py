"""Answers on their way to a file: one line a batch, so that a generation broken off at any moment goes on there."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from schemas.errors import DatasetError
from train.answer.generate import Answer
from train.run_folder import differences

Facts = Mapping[str, Any]
"""What decides the answers: inputs, model, options."""


class Journal:
    """Begun anew, or gone on with where it ends; a last line that is torn does not count."""

    def __init__(self, path: Path, facts: Facts) -> None:
        """Raises DatasetError where the file was begun with other facts."""
        lines = _whole_lines(path)
        self.path = path
        self.done: dict[int, Answer] = _answers(path, lines, facts) if lines else {}
        self._file = path.open("ab")
        os.truncate(path, sum(map(len, lines)))
        if not lines:
            self._write(facts)

    def add(self, batch: Sequence[Answer]) -> None:
        self.done |= {answer.record: answer for answer in batch}
        self._write([astuple(answer) for answer in batch])

    def close(self) -> None:
        """A file without an answer goes: nothing was begun."""
        self._file.close()
        if not self.done:
            self.path.unlink(missing_ok=True)

    def _write(self, value: Any) -> None:
        self._file.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")
        self._file.flush()


def _answers(path: Path, lines: Sequence[bytes], facts: Facts) -> dict[int, Answer]:
    try:
        before, *batches = map(json.loads, lines)
        changes = differences(before, facts)
        done = {row[0]: Answer(*row) for batch in batches for row in batch}
    except (ValueError, TypeError, AttributeError, IndexError, KeyError):
        raise DatasetError(
            f"{path}: not begun by prep generate, or damaged; move it away, or begin anew with --overwrite"
        ) from None
    if changes:
        raise DatasetError(
            f"{path}: begun otherwise: {'; '.join(changes)}; "
            "go on with what it was begun with, or begin anew with --overwrite"
        )
    return done


def _whole_lines(path: Path) -> list[bytes]:
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return lines[:-1] if lines and not lines[-1].endswith(b"\n") else lines
