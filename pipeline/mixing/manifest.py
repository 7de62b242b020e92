"""The manifest and the card of a mixture: those of a dataset, and what was mixed."""

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import polars as pl

from pipeline.card import front_matter
from pipeline.fates import FATE
from pipeline.funnel import Funnel
from pipeline.hashing import sha256
from pipeline.manifest import prep_version
from pipeline.mixing.portions import Portion
from pipeline.options import ConvertOptions
from pipeline.publish import lengths
from schemas.dataset import FORMAT, SPLITS
from schemas.records import Shape

MIXED = "mixed"
"""Field of the manifest: the datasets, in their order, with what was taken of each."""
_TAKEN = (*SPLITS, "not_sampled", "leak", "duplicate")


def known_by(portions: Sequence[Portion], seed: int) -> dict[str, Any]:
    """What decides a mixture: two with the same of it are the same."""
    return {
        "prep": prep_version(),
        "seed": seed,
        "amounts": {portion.dataset.name: portion.amount for portion in portions},
        "records": [hashes(portion) for portion in portions],
    }


def hashes(portion: Portion) -> dict[str, str]:
    return {split: sha256(portion.dataset.file(split)) for split in SPLITS if portion.dataset.count(split)}


def manifest_of_mixture(
    name: str, portions: Sequence[Portion], lines: pl.DataFrame, shape: Shape, seed: int
) -> dict[str, Any]:
    """Plain values; the domain is that of the first dataset."""
    fates = lines.group_by("dataset", FATE).len().rows()
    funnel = _funnel({fate: sum(count for _, each, count in fates if each == fate) for fate in _TAKEN})
    return {
        "format": FORMAT,
        "prep": prep_version(),
        "name": name,
        "domain": portions[0].dataset.domain,
        "shape": shape,
        MIXED: [
            _portion(portion, {fate: count for of, fate, count in fates if of == number})
            for number, portion in enumerate(portions)
        ],
        "sources": [
            {**source, "dataset": portion.dataset.name}
            for portion in portions
            for source in portion.dataset.manifest["sources"]
        ],
        "joined": [],
        "passed_over": [],
        "options": {**ConvertOptions(clean=False, shape=shape, seed=seed).as_json(), "tokenizer": None},
        **funnel.as_json(),
        "lengths": lengths(lines),
        "splits": {"seed": seed, "by": "those of the mixed datasets", "thresholds": {}},
        "versions": {"python": platform.python_version(), "polars": version("polars"), "pyarrow": version("pyarrow")},
    }


def _portion(portion: Portion, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "name": portion.dataset.name,
        "path": str(portion.dataset.path),
        "domain": portion.dataset.domain,
        "shape": portion.dataset.shape,
        "amount": portion.amount,
        "sha256": hashes(portion),
        "records": {fate: counts.get(fate, 0) for fate in _TAKEN},
    }


def _funnel(counts: Mapping[str, int]) -> Funnel:
    read = sum(counts.values())
    funnel = Funnel(
        read=read,
        converted=read,
        made=read,
        duplicates=counts["duplicate"],
        not_sampled=counts["not_sampled"],
        splits=Counter({split: counts[split] for split in SPLITS}),
        rejected_records=Counter({"leak": counts["leak"]}),
    )
    funnel.check()
    return funnel


def mixture_card(manifest: dict[str, Any]) -> str:
    """Markdown with the head that ``datasets`` reads."""
    rows = "\n".join(
        f"| {each['name']} | {each['amount']:g} | " + " | ".join(f"{each['records'][fate]:,}" for fate in _TAKEN) + " |"
        for each in manifest[MIXED]
    )
    return f"""{front_matter(manifest)}# {manifest["name"]}

A mixture in the `{manifest["shape"]}` shape, made by prep {manifest["prep"]} with seed {manifest["splits"]["seed"]}.

| dataset | amount | {" | ".join(_TAKEN)} |
|---|---|{"---|" * len(_TAKEN)}
{rows}

An amount up to 1 is a share of each split, one above it a number of train records and the same share of dev and test.
Records of one split stay in it. `leak` counts questions that are held out of another split; each stands in
`rejected.jsonl`, and each duplicate in `duplicates.jsonl`.

The licence of the texts is that of their sources; state it here before you share this folder.
"""
