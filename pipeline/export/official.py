"""The JSON Lines of the official ChatGLM scripts: a dataset's own files, and nothing beside them."""

import polars as pl

from pipeline.export.target import Exported, Target
from pipeline.export.turns import json_object


def _record(is_chat: bool) -> pl.Expr:
    if is_chat:
        return json_object(**{name: pl.col(name) for name in ("prompt", "response", "history")})
    return json_object(content=pl.col("prompt"), summary=pl.col("response"))


def _use(exported: Exported) -> str:
    held = exported.path("dev")
    columns = ("prompt", "response") if exported.is_chat else ("content", "summary")
    return (
        f"--train_file {exported.path('train')} "
        + (f"--validation_file {held} " if held else "")
        + f"--prompt_column {columns[0]} --response_column {columns[1]}"
        + (" --history_column history" if exported.is_chat else "")
    )


OFFICIAL = Target(
    name="official",
    about="the official ChatGLM scripts: content and summary, or prompt, response and history",
    container="lines",
    suffix="json",
    record=_record,
    use=_use,
    back=lambda is_chat: ("--format", "instruct/chat" if is_chat else "instruct/advertise_gen"),
)
