"""The manifest: all that the next step, a colleague or an auditor may ask of a dataset."""

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pipeline.choose import Choice
from pipeline.first_pass import FirstPass
from pipeline.job import Job
from pipeline.options import flat
from pipeline.publish import lengths
from pipeline.settle import Settled
from schemas.dataset import FORMAT
from schemas.records import Shape


def manifest_of(job: Job, first: FirstPass, settled: Settled, shape: Shape) -> dict[str, Any]:
    """Plain values; the same sources and options give the same ones, so no date and no absolute path."""
    return {
        "format": FORMAT,
        "prep": prep_version(),
        "name": job.target.name,
        "domain": job.domain,
        "shape": shape,
        "sources": [_source(choice, job, first) for choice in job.found.choices],
        "joined": [{"name": each.name, "sha256": job.hashes().get(each.name, "")} for each in job.found.partners],
        **({"against": _held(job)} if job.options.against else {}),
        "passed_over": [{"name": name, "why": why} for name, why in job.found.passed_over],
        "options": job.plain_options,
        **first.funnel.as_json(),
        "lengths": lengths(settled.keys),
        "splits": settled.splits.as_json(),
        **({"near": dict(settled.near)} if settled.near else {}),
        "leakage": dict(settled.leakage),
        "versions": {"python": platform.python_version(), "polars": version("polars"), "pyarrow": version("pyarrow")},
    }


def _source(choice: Choice, job: Job, first: FirstPass) -> dict[str, Any]:
    table = choice.table
    return {
        "name": table.name,
        "sha256": job.hash_of(choice),
        "reader": table.reader,
        "encoding": table.encoding,
        "converter": choice.mapped.converter.name,
        "columns": dict(choice.mapped.mapping),
        "facts": dict(table.facts),
        "rows": first.rows.get(table.name, 0),
    }


def _held(job: Job) -> list[dict[str, str]]:
    return [{"name": each.name, "sha256": job.hashes().get(each.name, "")} for each in job.found.held]


def prep_version() -> str:
    """Of the installed package; a checkout that is not installed has none."""
    try:
        return version("prep-chatglm")
    except PackageNotFoundError:
        return "0"


def made_by(manifest: Mapping[str, Any], job: Job) -> str:
    """What a dataset was made with that differs from the job; empty if it is the same."""
    now = [_known_by(choice.table.name, job.hash_of(choice)) for choice in job.found.choices]
    if [_known_by(source["name"], source["sha256"]) for source in manifest["sources"]] != now:
        return "other sources"
    return made_beside(manifest, job)


def made_beside(manifest: Mapping[str, Any], job: Job) -> str:
    """What but its sources a dataset was made with that differs from the job; empty if nothing does."""
    now = [_known_by(each.name, job.hashes().get(each.name, "")) for each in job.found.partners]
    if [_known_by(each["name"], each["sha256"]) for each in manifest["joined"]] != now:
        return "another joined file"
    if [each["sha256"] for each in manifest.get("against", ())] != [each["sha256"] for each in _held(job)]:
        return "other files of --against"
    return made_with(manifest, job)


def made_with(manifest: Mapping[str, Any], job: Job) -> str:
    """Which options, or which version of the program, differ from those of the job; empty if none does."""
    old, new = ({**flat(options), "domain": domain} for options, domain in _with_domains(manifest, job))
    changed = [
        f"--{name.replace('_', '-')} was {_said(old.get(name))}, is {_said(value)}"
        for name, value in new.items()
        if old.get(name) != value
    ]
    if changed:
        return f"other options: {', '.join(changed[:3])}"
    return "" if manifest["prep"] == prep_version() else f"prep {manifest['prep']}"


def _with_domains(manifest: Mapping[str, Any], job: Job) -> tuple[tuple[Mapping[str, Any], str], ...]:
    """A domain that was found and one that was given are the same."""
    return (manifest["options"], manifest["domain"]), (job.plain_options, job.domain)


def _said(value: object) -> str:
    return "not given" if value is None else repr(value)


def _known_by(name: str, sha256: str) -> str:
    """A source is known by its bytes; one that lies elsewhere by its name."""
    return sha256 or name
