"""Cells: what one model makes of one list of prompts. Each is kept under the hash of all it depends on.

That is the model's files, the very tokens that it is given, and what computes: so a cell is never measured twice, and
never taken for another. One that was broken off goes on where it was.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, astuple
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
import transformers
from filelock import FileLock

from schemas.errors import PrepError
from train.answer.generate import Answer, Decoding
from train.answer.journal import Journal
from train.answer.manner import Manner
from train.evaluation.asked import Asked, Kind, Planned
from train.evaluation.bits import Bits
from train.evaluation.models import Models
from train.evaluation.together import answers_by_all, bits_by_all
from train.evaluation.watcher import Watcher
from train.run_folder import read_json

FORMAT = 1
"""Grows when the same inputs give other numbers."""
PART = 256
"""Items that are measured between two moments at which nothing is lost."""


Measure = Callable[[Path, Mapping[str, Any]], list[list[Any]]]
_MADE_UP: Mapping[Kind, Sequence[Any]] = {"bits": (1.0, 1, False), "answers": ("", 0, True)}


class Cells:
    """A folder of cells."""

    def __init__(
        self,
        folder: Path,
        models: Models,
        watcher: Watcher,
        *,
        batch_size: int = 8,
        decoding: Decoding = "slots",
        dry_run: bool = False,
    ) -> None:
        """A dry run measures nothing: what is not there yet stands in ``planned``, and is given as made-up rows."""
        self.planned: dict[Path, Planned] = {}
        self._folder, self._models, self._watcher = folder, models, watcher
        self._batch_size, self._decoding, self._dry_run = batch_size, decoding, dry_run

    def bits(self, asked: Asked) -> list[Bits]:
        """Bits of each reference, in the order of the prompts."""
        rows = self._cell(
            "bits", asked, {"target": asked.asking.limits.target}, lambda path, _: self._bits(path, asked)
        )
        found = {row[0]: Bits(*row) for row in rows}
        return [found[record] for record in asked.prompts]

    def answers(self, asked: Asked, manner: Manner) -> list[Answer]:
        """An answer to each prompt, in their order."""
        rows = self._cell(
            "answers", asked, asdict(manner), lambda path, facts: self._answers(path, facts, asked, manner)
        )
        found = {row[0]: Answer(*row) for row in rows}
        return [found[record] for record in asked.prompts]

    def _cell(self, kind: Kind, asked: Asked, options: Mapping[str, Any], measure: Measure) -> list[list[Any]]:
        facts = self._facts(kind, asked, options)
        path = self._path(kind, facts)
        rows = _rows(path)
        self.planned.setdefault(path, Planned.of(kind, asked, is_there=bool(rows)))
        if self._dry_run:
            return rows or [[record, *_MADE_UP[kind]] for record in asked.prompts]
        is_new = not rows
        if not rows:
            with _alone(path):
                rows = _rows(path) or self._written(path, asked.name, facts, measure)
        self._watcher.finished(f"{asked.name}: {kind}", is_new=is_new)
        return rows

    def _written(self, path: Path, name: str, facts: Mapping[str, Any], measure: Measure) -> list[list[Any]]:
        began = perf_counter()
        rows = measure(path, facts)
        about = {"name": name, "facts": facts, "device": str(self._models.base.device)}
        _write(path, {**about, "seconds": round(perf_counter() - began, 3), "rows": rows})
        for part in path.parent.glob(f"{path.stem}.part*"):
            part.unlink(missing_ok=True)
        return rows

    def _facts(self, kind: Kind, asked: Asked, options: Mapping[str, Any]) -> dict[str, Any]:
        facts = {
            "format": FORMAT,
            "kind": kind,
            "model": self._models.facts[asked.side],
            "asked": asked.digest(kind),
            **options,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        }
        plain: dict[str, Any] = json.loads(json.dumps(facts))
        return plain

    def _path(self, kind: Kind, facts: Mapping[str, Any]) -> Path:
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        return self._folder / f"{kind}-{digest[:24]}.json"

    def _bits(self, path: Path, asked: Asked) -> list[list[Any]]:
        """A file a part, whole or not there."""
        parts = [(path.with_suffix(f".part-{number:05}"), part) for number, part in enumerate(_parts(asked))]
        kept = {file: _rows(file) for file, _ in parts}
        self._watcher.started(f"{asked.name}: bits", len(asked.prompts), sum(map(len, kept.values())))
        for file, part in parts:
            if not kept[file]:
                kept[file] = self._measured(asked, part)
                _write(file, {"rows": kept[file]})
        return [row for rows in kept.values() for row in rows]

    def _measured(self, asked: Asked, part: Sequence[int]) -> list[list[Any]]:
        prompts = {record: asked.prompts[record] for record in part}
        about = (self._models, asked.side, asked.asking, prompts, asked.references)
        rows: dict[int, list[Any]] = {}
        for batch in bits_by_all(*about, batch_size=self._batch_size):
            rows |= {bits.record: list(astuple(bits)) for bits in batch}
            self._watcher.advanced(len(batch))
        return [rows[record] for record in part]

    def _answers(self, path: Path, facts: Mapping[str, Any], asked: Asked, manner: Manner) -> list[list[Any]]:
        with closing(Journal(path.with_suffix(".partial.jsonl"), facts)) as journal:
            self._watcher.started(f"{asked.name}: answers", len(asked.prompts), len(journal.done))
            waiting = {record: ids for record, ids in asked.prompts.items() if record not in journal.done}
            if waiting:
                about = (self._models, asked.side, asked.asking, waiting, manner)
                for batch in answers_by_all(*about, batch_size=self._batch_size, decoding=self._decoding):
                    journal.add(batch)
                    self._watcher.advanced(len(batch))
            return [list(astuple(journal.done[record])) for record in asked.prompts]


def _parts(asked: Asked) -> list[list[int]]:
    """Records of about one length together, the longest first; always the same ones."""
    length = {record: len(ids) + len(asked.references[record]) for record, ids in asked.prompts.items()}
    order = sorted(length, key=lambda record: (-length[record], record))
    return [order[start : start + PART] for start in range(0, len(order), PART)]


def _rows(path: Path) -> list[list[Any]]:
    """No rows where the file is not there or damaged."""
    rows: list[list[Any]] = read_json(path).get("rows", [])
    return rows


def _write(path: Path, value: Mapping[str, Any]) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}.writing")
    beside.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    beside.replace(path)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Of several processes that want a cell one measures it, and the others find it."""
    lock = path.with_suffix(".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock):
            try:
                yield
            finally:
                lock.unlink(missing_ok=True)
    except OSError as error:
        raise PrepError(f"{path}: cannot be written: {error.strerror or error}; choose another --out") from None
