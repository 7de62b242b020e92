"""Whether sources may be added to a dataset: with the options that made it, and only what it does not have."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.append.base import ANEW, APPENDED, FILES
from pipeline.append.state import why_not
from pipeline.folder import working_folder
from pipeline.job import Job
from pipeline.lock import held
from pipeline.manifest import made_beside
from pipeline.replay import REPLAYED
from schemas.dataset import MANIFEST, read_manifest
from schemas.errors import DatasetError, OptionError


def put_back(target: Path) -> None:
    """Give a dataset its name again if a run was killed between the two renames that replace it."""
    replaced = working_folder(target) / "replaced"
    if not target.exists() and replaced.exists():
        with held(target):
            if not target.exists() and replaced.exists():
                replaced.rename(target)


def require_dataset(target: Path) -> dict[str, Any]:
    """The manifest of a dataset that can grow; raises DatasetError for another."""
    put_back(target)
    if not (target / MANIFEST).is_file():
        raise DatasetError(
            f"{target}: --append: no dataset there; name one with --name and --out, or leave out --append"
        )
    manifest = read_manifest(target)
    if "mixed" in manifest:
        raise DatasetError(f"{target}: --append: made by prep mix; append to what it was mixed of, and mix again")
    return manifest


def last_appended(job: Job) -> Mapping[str, Any] | None:
    """The manifest of a dataset to which just these sources were added last; None if they are all new.

    Raises OptionError for other options than those of the dataset, DatasetError for a source that it has.
    """
    manifest = require_dataset(job.target)
    if difference := made_beside(manifest, job):
        raise OptionError(f"{job.target}: --append: made with {difference}; append as it was made, or {ANEW}")
    if refused := why_not(job.options):
        raise OptionError(f"{job.target}: --append: {refused}; convert all sources at once with --overwrite")
    if FILES not in manifest:
        raise DatasetError(f"{job.target}: --append: made without what it needs to grow; {ANEW}")
    new = [job.hash_of(choice) for choice in job.found.choices]
    last = len(manifest[APPENDED][-1]["sources"]) if APPENDED in manifest else 0
    if last and all(new) and [source["sha256"] for source in manifest["sources"][-last:]] == new:
        return manifest
    _refuse_known(manifest, job)
    return None


def _refuse_known(manifest: Mapping[str, Any], job: Job) -> None:
    names = {source["name"] for source in manifest["sources"]}
    hashes = {source["sha256"]: source["name"] for source in manifest["sources"] if source["sha256"]}
    for choice in job.found.choices:
        name, known = choice.table.name, job.hash_of(choice)
        if known in hashes:
            same = "" if hashes[known] == name else f" as {hashes[known]}"
            raise DatasetError(f"{name}: --append: in {job.target} already{same}; leave it out")
        if known and name in names and REPLAYED not in choice.table.facts:
            raise DatasetError(
                f"{name}: --append: {job.target} has a source of this name with other content; "
                "give what is new another name"
            )
