"""ShareGPT: one JSON array of conversations, as FastChat and its descendants read it."""

import polars as pl

from pipeline.export.target import Target, every_answer
from pipeline.export.turns import from_value, record_of


def _record(_: bool) -> pl.Expr:
    return record_of("conversations", from_value)


SHAREGPT = Target(
    name="sharegpt",
    about="ShareGPT: conversations of human and gpt, one JSON array",
    container="array",
    suffix="json",
    record=_record,
    use=lambda exported: f"--data_path {exported.path('train')}",
    unsaid=(every_answer("see whether your trainer can leave them out, or convert with --turns last"),),
    back=lambda _: ("--format", "instruct/conversations", "--turns", "last"),
)
