"""ms-swift: messages, each answer marked with whether it carries loss, and a ``dataset_info.json`` of its kind."""

import json
from collections.abc import Mapping

import polars as pl

from pipeline.export.target import MEDIA_TAGS, Exported, Target
from pipeline.export.turns import json_object, record_of, said


def _marked(question: pl.Expr, answer: pl.Expr, is_last: bool) -> pl.Expr:
    asked = json_object(role="user", content=question)
    return said(asked, json_object(role="assistant", content=answer, loss=is_last))


def _plain(question: pl.Expr, answer: pl.Expr, _: bool) -> pl.Expr:
    return said(json_object(role="user", content=question), json_object(role="assistant", content=answer))


def _record(is_chat: bool) -> pl.Expr:
    return record_of("messages", _marked if is_chat else _plain)


def _register(exported: Exported) -> Mapping[str, str]:
    entries = [
        {"dataset_path": file, "dataset_name": exported.name if split == "train" else f"{exported.name}-{split}"}
        for split, file in exported.files.items()
    ]
    return {"dataset_info.json": json.dumps(entries, ensure_ascii=False, indent=2) + "\n"}


def _use(exported: Exported) -> str:
    held = exported.path("dev")
    return f"swift sft --dataset {exported.path('train')} " + (
        f"--val_dataset {held}" if held else "--split_dataset_ratio 0"
    )


MS_SWIFT = Target(
    name="ms-swift",
    about="ms-swift: messages with loss, and dataset_info.json",
    container="lines",
    suffix="jsonl",
    record=_record,
    register=_register,
    use=_use,
    unsaid=(MEDIA_TAGS,),
    back=lambda _: ("--format", "instruct/messages", "--turns", "last"),
)
