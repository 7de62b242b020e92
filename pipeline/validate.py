"""Whether a dataset folder, or a file of records, is what the official trainers can read; nothing is repaired."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.check_line import Problem
from pipeline.check_records import INPUTS, check_file, find_shape
from schemas.dataset import SPLITS, PreparedDataset
from schemas.records import Shape

MAX_MESSAGES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationReport:
    """What was found; a dataset without a problem is valid."""

    path: Path
    shape: Shape
    records: Mapping[str, int]
    """Name of each file -> its lines that are not blank."""
    problems: Mapping[str, int]
    """Kind -> how often, the most frequent first."""
    messages: tuple[str, ...]
    """``file:line:field: what is wrong`` for the first of them."""

    @property
    def is_valid(self) -> bool:
        return not self.problems


@dataclass(slots=True)
class _Findings:
    """Counts every problem and keeps the first messages."""

    max_messages: int
    problems: Counter[str]
    messages: list[str]

    def add(self, path: Path, problem: Problem, count: int = 1) -> None:
        self.problems[problem.kind] += count
        if len(self.messages) < self.max_messages:
            name = "" if problem.field is None else f"{problem.field}:"
            line = f"{problem.line}:" if problem.line else ""
            self.messages.append(f"{path}:{line}{name} {problem.what}")


def validate(path: Path, *, max_messages: int = MAX_MESSAGES) -> ValidationReport:
    """Check every split of a dataset folder, or one file of records.

    Raises DatasetError for a folder that is no dataset, SourceError and FormatError for a file that holds no records.
    """
    findings = _Findings(max_messages, Counter(), [])
    if path.is_dir():
        dataset = PreparedDataset.open(path)
        shape = dataset.shape
        records = _check_splits(dataset, findings)
    else:
        shape = find_shape(path)
        count, _ = _check_one(path, shape, findings)
        records = {path.name: count}
        if not count and not findings.problems:
            findings.add(path, Problem(kind="no_records", line=0, field=None, what="no records in it"))
    return ValidationReport(
        path=path,
        shape=shape,
        records=records,
        problems=dict(findings.problems.most_common()),
        messages=tuple(findings.messages),
    )


def _check_splits(dataset: PreparedDataset, findings: _Findings) -> dict[str, int]:
    """All splits, their counts against the manifest's, and the inputs that one has in common with those before it."""
    records: dict[str, int] = {}
    earlier: dict[str, pl.DataFrame] = {}
    for split in SPLITS:
        path = dataset.file(split)
        if not path.is_file():
            what = f"missing; manifest.json counts {dataset.count(split)} records"
            findings.add(path, Problem(kind="missing_file", line=0, field=None, what=what))
            continue
        records[path.name], inputs = _check_one(path, dataset.shape, findings)
        if records[path.name] != dataset.count(split):
            what = f"{records[path.name]} records; manifest.json counts {dataset.count(split)}"
            findings.add(path, Problem(kind="wrong_count", line=0, field=None, what=what))
        for name, others in earlier.items():
            _find_leak(path, inputs.join(others, on="input", how="semi"), name, dataset.shape, findings)
        earlier[path.name] = inputs
    return records


def _check_one(path: Path, shape: Shape, findings: _Findings) -> tuple[int, pl.DataFrame]:
    count, inputs = 0, [pl.DataFrame(schema=INPUTS)]
    for checked in check_file(path, shape):
        for problem in checked.problems:
            findings.add(path, problem)
        count += checked.records
        inputs.append(checked.inputs)
    return count, pl.concat(inputs)


def _find_leak(path: Path, leaked: pl.DataFrame, other: str, shape: Shape, findings: _Findings) -> None:
    if leaked.is_empty():
        return
    field = "content" if shape == "pair" else "prompt"
    what = f"also in {other} (leak); so are {leaked.height} records of this file"
    findings.add(path, Problem(kind="leak", line=int(leaked["line"][0]), field=field, what=what), leaked.height)
