"""LLaMA-Factory: ShareGPT turns, and ``dataset_info.json`` with an entry for each split."""

import json
from collections.abc import Mapping

import polars as pl

from pipeline.export.target import MEDIA_TAGS, Exported, Target, every_answer
from pipeline.export.turns import from_value, record_of

_TAGS = {"role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt"}


def _record(_: bool) -> pl.Expr:
    return record_of("conversations", from_value)


def _entries(exported: Exported) -> dict[str, str]:
    """Split -> the name of its entry; the training split bears that of the dataset."""
    return {split: exported.name if split == "train" else f"{exported.name}_{split}" for split in exported.files}


def _register(exported: Exported) -> Mapping[str, str]:
    about = {"formatting": "sharegpt", "columns": {"messages": "conversations"}, "tags": _TAGS}
    entries = {
        entry: {"file_name": file, **about}
        for entry, file in zip(_entries(exported).values(), exported.files.values(), strict=True)
    }
    return {"dataset_info.json": json.dumps(entries, ensure_ascii=False, indent=2) + "\n"}


def _use(exported: Exported) -> str:
    entries = _entries(exported)
    lines = [f"dataset_dir: {exported.place}", f"dataset: {entries['train']}"]
    if "dev" in entries:
        lines.append(f"eval_dataset: {entries['dev']}")
    if exported.is_chat:
        lines.append("mask_history: true")
    return "\n".join(lines)


LLAMA_FACTORY = Target(
    name="llama-factory",
    about="LLaMA-Factory: ShareGPT turns and dataset_info.json",
    container="lines",
    suffix="jsonl",
    record=_record,
    register=_register,
    use=_use,
    unsaid=(every_answer("set mask_history: true"), MEDIA_TAGS),
    back=lambda _: ("--format", "instruct/conversations", "--turns", "last"),
)
