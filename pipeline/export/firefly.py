"""Firefly: ``conversation`` with a human's question and an assistant's answer in each of its parts."""

import json
from collections.abc import Mapping

import polars as pl

from pipeline.export.target import Exported, Target, every_answer
from pipeline.export.turns import json_object, record_of


def _pair(question: pl.Expr, answer: pl.Expr, _: bool) -> pl.Expr:
    return json_object(human=question, assistant=answer)


def _record(_: bool) -> pl.Expr:
    return record_of("conversation", _pair)


def _register(exported: Exported) -> Mapping[str, str]:
    files = {"train_file": exported.path("train"), "eval_file": exported.path("dev")}
    said = {"task_type": "sft", **{name: path for name, path in files.items() if path}}
    return {"train_args.firefly.json": json.dumps(said, ensure_ascii=False, indent=2) + "\n"}


FIREFLY = Target(
    name="firefly",
    about="Firefly: conversation of human and assistant",
    container="lines",
    suffix="jsonl",
    record=_record,
    register=_register,
    use=lambda exported: f"# put the lines of {exported.place / 'train_args.firefly.json'} into your train_args",
    unsaid=(every_answer("Firefly has no setting against it; convert with --turns last for one record a dialogue"),),
    back=lambda _: ("--format", "instruct/conversations", "--turns", "last"),
)
