"""OpenAI's messages, with weight 0 for answers that are only context; also what TRL reads."""

import polars as pl

from pipeline.export.target import HAS_HISTORY, Target, Unsaid
from pipeline.export.turns import json_object, record_of, said


def _weighed(question: pl.Expr, answer: pl.Expr, is_last: bool) -> pl.Expr:
    asked = json_object(role="user", content=question)
    return said(asked, json_object(role="assistant", content=answer, weight=int(is_last)))


def _plain(question: pl.Expr, answer: pl.Expr, _: bool) -> pl.Expr:
    return said(json_object(role="user", content=question), json_object(role="assistant", content=answer))


def _record(is_chat: bool) -> pl.Expr:
    return record_of("messages", _weighed if is_chat else _plain)


OPENAI = Target(
    name="openai",
    about="OpenAI: messages, with weight where there is a history; TRL reads them too",
    container="lines",
    suffix="jsonl",
    record=_record,
    use=lambda exported: f"# upload {exported.path('train')}; in TRL: load_dataset('json', data_files=…)",
    unsaid=(
        Unsaid(
            name="weights",
            counts=HAS_HISTORY,
            says="with earlier turns, whose answers weigh 0; TRL does not look at weights and trains on them too",
        ),
    ),
    back=lambda _: ("--format", "instruct/messages", "--turns", "last"),
)
