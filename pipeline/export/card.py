"""The card of a shared dataset: front matter for hubs and ``datasets``, and what a stranger has to know before use."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pipeline.card import features
from pipeline.export.target import Exported
from schemas.dataset import SPLITS
from schemas.errors import OptionError

NAMES = {"train": "train", "dev": "validation", "test": "test"}
_LICENSE = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGER = ((10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"), (1 << 63, "100M<n<1B"))


def card_of(exported: Exported) -> str:
    """Markdown; what nobody stated about licence and sources is said to be missing."""
    head = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in _front(exported).items())
    return f"---\n{head}---\n\n{_body(exported)}"  # JSON is YAML


def check_license(name: str) -> str:
    """An identifier as hubs know them; raises OptionError for a sentence."""
    if not _LICENSE.fullmatch(name):
        raise OptionError(
            f"--license {name!r}: expected an identifier of the hub, such as cc-by-4.0, apache-2.0 or other"
        )
    return name


def _front(exported: Exported) -> Mapping[str, Any]:
    splits = [split for split in SPLITS if split in exported.files]
    total = sum(exported.records[split] for split in splits)
    return {
        **({"license": exported.license} if exported.license else {}),
        "language": ["zh"],
        "task_categories": ["text-generation"],
        "size_categories": [next(name for limit, name in (*_SIZES, *_LARGER) if total < limit)],
        "tags": [exported.manifest["domain"]],
        "pretty_name": exported.name,
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": NAMES[split], "path": exported.files[split]} for split in splits],
            }
        ],
        "dataset_info": {
            "config_name": "default",
            "features": features(exported.manifest["shape"]),
            "splits": [{"name": NAMES[split], "num_examples": exported.records[split]} for split in splits],
        },
    }


def _body(exported: Exported) -> str:
    manifest = exported.manifest
    counts = " | ".join(f"{exported.records.get(split, 0):,}" for split in SPLITS)
    stated = "\n".join(f"- {source}" for source in exported.sources) or "Not stated: name them before you share this."
    files = "\n".join(
        f"| {_cell(source['name'])} | {source['converter'] or 'not used'} | {source['rows']:,} "
        f"| `{source['sha256'][:16]}` |"
        for source in manifest["sources"]
    )
    return f"""# {exported.name}

{manifest["domain"]} records in the `{manifest["shape"]}` shape, made by prep {manifest.get("prep", "")}.

| train | validation | test |
|---|---|---|
| {counts} |

## Licence

{exported.license or "Not stated: that of the sources holds; state it before you share this."}

## Sources

{stated}

| file | converter | rows | SHA-256 |
|---|---|---|---|
{files}

## What is not in it

Where each record came from, what was rejected and which duplicates were left out: all that stands in the dataset folder
that this was exported from.
"""


def _cell(text: str) -> str:
    return text.rpartition("/")[2].replace("|", "\\|").replace("\n", " ")
