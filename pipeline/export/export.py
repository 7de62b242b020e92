"""``prep export`` of a dataset: the whole way from its folder to that of another trainer."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.export.card import check_license
from pipeline.export.page import page_of
from pipeline.export.registry import TARGETS
from pipeline.export.target import Exported, Target
from pipeline.export.write import write_split
from pipeline.folder import publish, unfinished
from pipeline.hashing import sha256
from pipeline.manifest import prep_version
from schemas.dataset import SPLITS, PreparedDataset, Split
from schemas.errors import DatasetError, OptionError

EXPORT = "prep.export.json"
"""Written last: where it stands, the folder is complete."""
FORMAT = 1
README = "README.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What came of it."""

    path: Path
    facts: Mapping[str, Any]
    """As they stand in ``prep.export.json``."""
    use: str
    """How the trainer is told of it."""
    unchanged: bool = False


def export(
    dataset: PreparedDataset,
    to: str,
    *,
    out: Path = Path("exports"),
    name: str | None = None,
    license: str | None = None,
    sources: Sequence[str] = (),
    overwrite: bool = False,
) -> Export:
    """Write ``out/name`` (default: the dataset's name and the target's); every split stays a file of its own.

    Raises OptionError for an unknown target or name, DatasetError where something else is in the way.
    """
    if to not in TARGETS:
        raise OptionError(f"--to {to}: no such format; choose one of: {', '.join(TARGETS)}")
    if license is not None:
        check_license(license)
    target, place = TARGETS[to], out / _safe_name(name or f"{dataset.name}-{to}")
    exported = _described(dataset, target, place, license, sources)
    known = _known_by(dataset, target, exported)
    if place.exists() and (before := _in_the_way(place, known, overwrite=overwrite)) is not None:
        return Export(path=place, facts=before, use=target.use(exported), unchanged=True)
    with unfinished(place) as folder:
        unsaid: Counter[str] = Counter()
        for split, file in exported.files.items():
            unsaid += write_split(dataset, split, target, folder / file)
        facts = {
            **known,
            "records": dict(exported.records),
            "unsaid": dict(unsaid),
            "back": back(dataset, target, place),
        }
        _write_beside(folder, exported, target, facts)
        publish(folder, place)
    return Export(path=place, facts=facts, use=target.use(exported))


def back(dataset: PreparedDataset, target: Target, place: Path) -> str:
    """The command that makes the same dataset of an export."""
    is_chat = dataset.shape == "chat"
    shape = ("--shape", "chat") if is_chat else ()
    options = ("--domain", dataset.domain, *target.back(is_chat), *shape, "--split-by", "file", "--no-clean")
    return " ".join(("prep convert", str(place), *options))


def _safe_name(name: str) -> str:
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise OptionError(f"--name {name!r}: expected the name of a folder, without slashes; use --out for its parent")
    return name


def _described(
    dataset: PreparedDataset, target: Target, place: Path, license_: str | None, sources: Sequence[str]
) -> Exported:
    files: dict[Split, str] = {split: f"{split}.{target.suffix}" for split in SPLITS if dataset.count(split)}
    if "train" not in files:
        raise DatasetError(f"{dataset.path}: no record to train on; a dataset without them is for nobody's trainer")
    return Exported(
        name=dataset.name,
        place=place,
        files=files,
        records={split: dataset.count(split) for split in files},
        is_chat=dataset.shape == "chat",
        manifest=dataset.manifest,
        license=license_,
        sources=tuple(sources),
    )


def _known_by(dataset: PreparedDataset, target: Target, exported: Exported) -> dict[str, Any]:
    """What decides the bytes of an export: two with the same of it are the same."""
    missing = [split for split in exported.files if not dataset.file(split).is_file()]
    if missing:
        raise DatasetError(f"{dataset.file(missing[0])}: missing; make the dataset anew with prep convert")
    return {
        "format": FORMAT,
        "prep": prep_version(),
        "to": target.name,
        "dataset": dataset.name,
        "domain": dataset.domain,
        "shape": dataset.shape,
        "sha256": {split: sha256(dataset.file(split)) for split in exported.files},
        "license": exported.license,
        "sources": list(exported.sources),
    }


def _in_the_way(place: Path, known: Mapping[str, Any], *, overwrite: bool) -> Mapping[str, Any] | None:
    """The facts of an export that is already what is asked for; None if it may be replaced."""
    if place.is_dir() and not any(place.iterdir()):
        return None
    try:
        facts = json.loads((place / EXPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DatasetError(f"{place}: in the way and no export of prep; choose another --name or --out") from None
    if overwrite:
        return None
    changed = [key for key, value in known.items() if facts.get(key) != value]
    if not changed:
        return dict(facts)
    raise DatasetError(
        f"{place}: already there, made of another {', '.join(changed)}; "
        "replace it with --overwrite or write beside it with --name"
    )


def _write_beside(folder: Path, exported: Exported, target: Target, facts: Mapping[str, Any]) -> None:
    texts = {README: page_of(exported, target, facts), **target.register(exported)}
    texts[EXPORT] = json.dumps(facts, ensure_ascii=False, indent=2) + "\n"
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
