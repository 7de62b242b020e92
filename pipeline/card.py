"""The dataset card: what the folder holds, for people and for ``datasets.load_dataset``."""

import json
from typing import Any

from schemas.dataset import SPLITS
from schemas.records import Shape

_NAMES = {"train": "train", "dev": "validation", "test": "test"}
_PAIR: list[dict[str, Any]] = [{"name": "content", "dtype": "string"}, {"name": "summary", "dtype": "string"}]
_CHAT: list[dict[str, Any]] = [
    {"name": "prompt", "dtype": "string"},
    {"name": "response", "dtype": "string"},
    {"name": "history", "list": {"list": "string"}},
]


def card(manifest: dict[str, Any], *, in_parts: bool = False) -> str:
    """Markdown with the YAML head that names files and columns: without it, histories that are all empty in the first
    file and an empty file both make ``datasets`` fail, so empty splits are left out and the columns are declared.

    A split may be a folder of parts.
    """
    return f"{front_matter(manifest, in_parts=in_parts)}{_body(manifest)}"


def front_matter(manifest: dict[str, Any], *, in_parts: bool = False) -> str:
    """Which files and columns there are, for ``datasets``; two lines end it."""
    records, shape = manifest["records"], manifest["shape"]
    splits = [split for split in SPLITS if records[split]]
    files = "/part-*.json" if in_parts else ".json"
    head = {
        "language": ["zh"],
        "task_categories": ["text-generation"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": _NAMES[split], "path": f"{split}{files}"} for split in splits],
            }
        ],
        "dataset_info": {
            "config_name": "default",
            "features": features(shape),
        },
    }
    front = "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in head.items())
    return f"---\n{front}---\n\n"  # JSON is YAML


def features(shape: Shape) -> list[dict[str, Any]]:
    """The columns of a shape, as ``datasets`` declares them."""
    return _PAIR if shape == "pair" else _CHAT


def _body(manifest: dict[str, Any]) -> str:
    records, rows = manifest["records"], manifest["rows"]
    sources = "\n".join(
        f"| {_cell(source['name'])} | {source['converter'] or 'not used'} | {source['encoding'] or ''} "
        f"| {source['rows']:,} | `{source['sha256'][:16]}` |"
        for source in manifest["sources"]
    )
    rejected = {**rows["rejected"], **records["rejected"]}
    reasons = "\n".join(f"| {reason} | {count:,} |" for reason, count in sorted(rejected.items())) or "| none | 0 |"
    return f"""# {manifest["name"]}

{manifest["domain"]} records in the `{manifest["shape"]}` shape, made by prep {manifest["prep"]}.

| train | dev | test | rejected | duplicates | not sampled |
|---|---|---|---|---|---|
| {records["train"]:,} | {records["dev"]:,} | {records["test"]:,} | {sum(rejected.values()):,} \
| {records["duplicates"]:,} | {records["not_sampled"]:,} |

## Sources

| source | converter | encoding | rows | SHA-256 |
|---|---|---|---|---|
{sources}

The licence of the texts is that of their sources; state it here before you share this folder.

## Rejected

| reason | count |
|---|---|
{reasons}

Each with its place and text in `rejected.jsonl`; `prep convert rejected.jsonl` replays them.
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
