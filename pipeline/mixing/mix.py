"""``prep mix``: so much of each dataset becomes a dataset of its own, with every record accounted for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.fates import FATE
from pipeline.folder import is_ours, publish, unfinished
from pipeline.mixing.lines import all_lines
from pipeline.mixing.manifest import MIXED, hashes, known_by, manifest_of_mixture, mixture_card
from pipeline.mixing.portions import Portion, portions_of
from pipeline.mixing.settle import settled
from pipeline.mixing.write import write_mixed_origins, write_mixture
from pipeline.provenance import origins_of
from schemas.dataset import CARD, MANIFEST, PreparedDataset, read_manifest
from schemas.errors import DatasetError, OptionError, OutcomeError
from schemas.records import Shape

_WHAT = {"prep": "code", "seed": "draws (--seed)", "amounts": "amounts", "records": "records"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """What came of it."""

    dataset: PreparedDataset
    unchanged: bool
    """The folder was already there, made of the same datasets in the same amounts."""


def mix(
    amounts: Sequence[str],
    *,
    name: str | None = None,
    data: Path = Path("data"),
    out: Path = Path("data"),
    seed: int = 42,
    overwrite: bool = False,
) -> Mixture:
    """Mix ``legal:1``, ``instruct:0.3`` … into ``out/name``; names are looked for in ``data``.

    Raises OptionError, DatasetError where another dataset is in the way, OutcomeError where nothing is left.
    """
    portions = portions_of(amounts, data)
    target = out / _safe_name(name or f"{portions[0].dataset.name}-mixed")
    _require_not_itself(target, portions)
    if target.exists() and _is_the_same(target, portions, seed, overwrite=overwrite):
        return Mixture(dataset=PreparedDataset.open(target), unchanged=True)
    lines = settled(all_lines(portions), portions, seed)
    if not lines[FATE].eq("train").any():
        raise OutcomeError("nothing is left to train on: every record is a duplicate or held out of another dataset")
    _write(target, portions, lines, seed)
    return Mixture(dataset=PreparedDataset.open(target), unchanged=False)


def _write(target: Path, portions: Sequence[Portion], lines: pl.DataFrame, seed: int) -> None:
    shape: Shape = "chat" if any(portion.dataset.shape == "chat" for portion in portions) else "pair"
    manifest = manifest_of_mixture(target.name, portions, lines, shape, seed)
    files = pl.DataFrame(
        [(source["name"], source["converter"]) for source in manifest["sources"]],
        schema={"name": pl.String, "converter": pl.String},
        orient="row",
    )
    with unfinished(target) as folder:
        write_mixture(folder, portions, lines, files, shape)
        write_mixed_origins(folder, lines)
        (folder / CARD).write_text(mixture_card(manifest), encoding="utf-8")
        (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        publish(folder, target)


def _safe_name(name: str) -> str:
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise OptionError(f"--name {name!r}: expected the name of a folder, without slashes; use --out for its parent")
    return name


def _require_not_itself(target: Path, portions: Sequence[Portion]) -> None:
    if any(portion.dataset.path.resolve() == target.resolve() for portion in portions):
        raise OptionError(f"{target}: is one of the datasets that are mixed; choose another --name")


def _is_the_same(target: Path, portions: Sequence[Portion], seed: int, *, overwrite: bool) -> bool:
    """Whether the folder is what is asked for already; raises DatasetError where it may not be replaced."""
    if not is_ours(target):
        raise DatasetError(f"{target}: in the way and not a dataset of prep; choose another --name or --out")
    if overwrite or not any(target.iterdir()):
        return False
    before, now = _known_by(read_manifest(target)), known_by(portions, seed)
    if before == now:
        return True
    changed = ", ".join(f"other {_WHAT[name]}" for name in now if before[name] != now[name])
    raise DatasetError(
        f"{target}: already there, made with {changed}; replace it with --overwrite or write beside it with --name"
    )


def _known_by(manifest: Mapping[str, Any]) -> dict[str, Any]:
    mixed = manifest.get(MIXED, ())
    return {
        "prep": manifest["prep"],
        "seed": manifest["splits"]["seed"],
        "amounts": {each["name"]: each["amount"] for each in mixed},
        "records": [each["sha256"] for each in mixed],
    }


def mixed_from(dataset: PreparedDataset, split: str, line: int) -> tuple[PreparedDataset | None, str]:
    """The dataset that a line was taken from, None if it is no longer what it was; and ``legal train:7``."""
    origins = origins_of(dataset).filter(pl.col("split") == split)
    number, taken = origins.select("dataset", "line").row(line - 1)
    known = dataset.manifest[MIXED][number]
    return _unchanged(known), f"{known['name']} {split}:{taken}"


def _unchanged(known: Mapping[str, Any]) -> PreparedDataset | None:
    try:
        found = PreparedDataset.open(known["path"])
        return found if hashes(Portion(dataset=found, amount=1)) == known["sha256"] else None
    except (DatasetError, OSError):
        return None
