"""``prep export`` of a run: the whole way from its folder to that of another library."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.errors import ModelError, OptionError
from train.answer.load import run_of
from train.answer.load import tuned as find_tuned
from train.export.form import Tuned
from train.export.registry import FORMS
from train.methods.saved import adapter_of

EXPORT = "prep.export.json"
"""Written last: where it stands, the folder is complete."""
FORMAT = 1
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunExport:
    """What came of it."""

    path: Path
    facts: Mapping[str, Any]
    lines: Sequence[str]
    """How others load it."""
    unchanged: bool = False


def export_run(
    place: Path,
    to: str,
    *,
    out: Path = Path("exports"),
    name: str | None = None,
    model: str | None = None,
    overwrite: bool = False,
    note: Note = lambda _: None,
) -> RunExport:
    """Write ``out/name`` (default: the run's name and the form's) from a run or an adapter's folder.

    Raises OptionError for what this run cannot become, ModelError where something else is in the way.
    """
    if to not in FORMS:
        raise OptionError(f"--to {to}: no such form; choose one of: {', '.join(FORMS)}")
    target = out / _safe_name(name or f"{place.resolve().name}-{to}")
    tuned = _found(place, target, model, note)
    known = _known_by(tuned, to)
    if target.exists() and (before := _in_the_way(target, known, overwrite=overwrite)) is not None:
        return RunExport(path=target, facts=before, lines=before["load"], unchanged=True)
    beside = target.with_name(f".{target.name}.unfinished")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        facts = {**known, "load": list(FORMS[to].write(tuned, beside))}
        (beside / EXPORT).write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        _publish(beside, target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return RunExport(path=target, facts=facts, lines=facts["load"])


def _found(place: Path, target: Path, model: str | None, note: Note) -> Tuned:
    """On the processor and in the base's own precision: nothing is computed but what is written."""
    first = find_tuned(place, model=model, device="cpu", note=note)
    stored = str(first.base.stored).removeprefix("torch.")
    found = find_tuned(place, model=model, device="cpu", dtype=stored)
    run = run_of(place)
    adapter = place if run is None else run.adapter
    return Tuned(place=place, adapter=adapter, method=adapter_of(adapter)[0].name, found=found, target=target)


def _known_by(tuned: Tuned, to: str) -> dict[str, Any]:
    """Files are known by size and time: models are too large to be hashed for a question."""
    files = sorted(path for path in tuned.adapter.rglob("*") if path.is_file())
    return {
        "format": FORMAT,
        "to": to,
        "run": str(tuned.place),
        "method": tuned.method,
        "family": tuned.family,
        "model": tuned.found.base.name,
        "adapter": {str(path.relative_to(tuned.adapter)): path.stat().st_mtime_ns for path in files},
    }


def _in_the_way(target: Path, known: Mapping[str, Any], *, overwrite: bool) -> dict[str, Any] | None:
    """The facts of an export that is already what is asked for; None if it may be replaced."""
    if target.is_dir() and not any(target.iterdir()):
        return None
    try:
        facts: dict[str, Any] = json.loads((target / EXPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ModelError(f"{target}: in the way and no export of prep; choose another --name or --out") from None
    if overwrite:
        return None
    changed = [key for key, value in known.items() if facts.get(key) != value]
    if not changed:
        return facts
    raise ModelError(
        f"{target}: already there, made of another {', '.join(changed)}; "
        "replace it with --overwrite or write beside it with --name"
    )


def _publish(beside: Path, target: Path) -> None:
    """The old one goes only when the new one is complete."""
    if target.exists():
        replaced = target.with_name(f".{target.name}.replaced")
        shutil.rmtree(replaced, ignore_errors=True)
        target.rename(replaced)
        beside.rename(target)
        shutil.rmtree(replaced)
    else:
        beside.rename(target)


def _safe_name(name: str) -> str:
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise OptionError(f"--name {name!r}: expected the name of a folder, without slashes; use --out for its parent")
    return name
