"""Axolotl: messages, each marked with whether it is trained on, and the lines of its configuration."""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.export.target import Exported, Target
from pipeline.export.turns import json_object, record_of, said


def _marked(question: pl.Expr, answer: pl.Expr, is_last: bool) -> pl.Expr:
    asked = json_object(role="user", content=question, train=False)
    return said(asked, json_object(role="assistant", content=answer, train=is_last))


def _plain(question: pl.Expr, answer: pl.Expr, _: bool) -> pl.Expr:
    return said(json_object(role="user", content=question), json_object(role="assistant", content=answer))


def _record(is_chat: bool) -> pl.Expr:
    return record_of("messages", _marked if is_chat else _plain)


def _entry(path: str | None, *, is_chat: bool) -> dict[str, Any]:
    entry = {"path": path, "ds_type": "json", "split": "train", "type": "chat_template", "field_messages": "messages"}
    return {**entry, "message_field_training": "train", "roles_to_train": []} if is_chat else entry


def _register(exported: Exported) -> Mapping[str, str]:
    entries = {"datasets": ("train",), "test_datasets": ("dev",)}
    lines = {
        key: [_entry(exported.path(split), is_chat=exported.is_chat) for split in splits if split in exported.files]  # type: ignore[arg-type]
        for key, splits in entries.items()
    }
    text = "".join(
        f"{key}:\n" + "".join(f"  - {json.dumps(entry, ensure_ascii=False)}\n" for entry in found)
        for key, found in lines.items()
        if found
    )  # JSON is YAML
    return {"axolotl.yaml": text}


AXOLOTL = Target(
    name="axolotl",
    about="Axolotl: messages with train, and the datasets of its YAML",
    container="lines",
    suffix="jsonl",
    record=_record,
    register=_register,
    use=lambda exported: f"# add {exported.place / 'axolotl.yaml'} to your configuration",
    back=lambda _: ("--format", "instruct/messages", "--turns", "last"),
)
