"""What a conversion was begun with: only the same one, of the same sources, goes on with its parts."""

import json
import shutil
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.durable import sync
from pipeline.folder import parts_of
from pipeline.job import Job, base_of
from pipeline.manifest import made_with, prep_version
from pipeline.readers.chunk import CHUNK_BYTES
from pipeline.sources.urls import is_url
from pipeline.stands import Stand
from schemas.errors import DatasetError, SourceError

_BEGUN = "begun.json"


def begin(folder: Path, job: Job) -> frozenset[int]:
    """Note what is begun, or take up what was; gives the tables whose files were not touched since then.

    Raises DatasetError where something else was begun, SourceError where a source has changed.
    """
    note = folder.with_name(_BEGUN)
    begun = _read(note)
    if begun is None:
        shutil.rmtree(parts_of(folder), ignore_errors=True)
        note.write_text(json.dumps(_begun_with(job), ensure_ascii=False), encoding="utf-8")
        sync(note)
        sync(note.parent)
        return frozenset()
    before = {name: Stand(**stand) for name, stand in begun["sources"].items()}
    _refuse(made_with(begun, job) or ("" if before.keys() == job.stands.keys() else "other sources"), note.parent)
    for name, stand in before.items():
        if stand.differs(job.stands.get(name)):
            raise SourceError(
                f"{name}: changed since the run began that is to be resumed: {stand} before, "
                f"{job.stands.get(name, 'gone')} now; leave out --resume to begin anew"
            )
    same = begun["reading"] == json.loads(json.dumps(_reading(job)))
    _refuse("" if same else "other sources, or other versions of what reads them", note.parent)
    return _untouched(before, job)


def _read(note: Path) -> dict[str, Any] | None:
    try:
        begun: dict[str, Any] = json.loads(note.read_bytes())
    except (FileNotFoundError, ValueError):  # killed before the first part, or power failed
        return None
    return begun


def _begun_with(job: Job) -> dict[str, Any]:
    return {
        "prep": prep_version(),
        "domain": job.domain,
        "options": job.plain_options,
        "reading": _reading(job),
        "sources": {name: asdict(stand) for name, stand in job.stands.items()},
    }


def _reading(job: Job) -> dict[str, Any]:
    """How the sources are cut into parts; what a hash of rows depends on."""
    tables = [
        [choice.table.name, choice.table.reader, choice.mapped.converter.name, dict(choice.mapped.mapping)]
        for choice in job.found.choices
    ]
    return {"tables": tables, "chunk_bytes": CHUNK_BYTES, "polars": version("polars")}


def _refuse(difference: str, work: Path) -> None:
    if difference:
        raise DatasetError(f"{work}: begun with {difference}; leave out --resume to begin anew")


def _untouched(before: dict[str, Stand], job: Job) -> frozenset[int]:
    """Not even moved or restored from a copy; the others are read again and compared."""
    if any(before.get(partner.name) != job.stands.get(partner.name) for partner in job.found.partners):
        return frozenset()
    bases = [base_of(choice, before) for choice in job.found.choices]
    return frozenset(line for line, base in enumerate(bases) if _is_same(base, before, job))


def _is_same(base: str, before: dict[str, Stand], job: Job) -> bool:
    """What lies elsewhere has no time that nobody can set back."""
    return bool(base) and not is_url(base) and before[base] == job.stands[base]
