"""Writes ``log.jsonl``: one line a logged step, flushed at once; what a resumed training repeats is written anew."""

import json
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from schemas.run import LOG

KEPT = ("epoch", "loss", "grad_norm", "learning_rate", "tokens_per_second", "eval_loss")


class LogWriter(TrainerCallback):
    """Stands behind whatever adds to the logs; writes on the first process only."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOG

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            cut_log(self._path, state.global_step)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        facts = {name: float((logs or {})[name]) for name in KEPT if name in (logs or {})}
        if state.is_world_process_zero and {"loss", "eval_loss"} & facts.keys():
            with self._path.open("a", encoding="utf-8") as log:
                log.write(json.dumps({"step": state.global_step, **facts}) + "\n")


def cut_log(path: Path, step: int) -> None:
    """Keep the whole lines up to a step, that of the checkpoint from which a training goes on."""
    kept = "".join(json.dumps(row) + "\n" for row in read_log(path) if row["step"] <= step)
    beside = path.with_suffix(".partial")
    beside.write_text(kept, encoding="utf-8")
    beside.replace(path)


def read_log(path: Path) -> list[dict[str, Any]]:
    """The rows of a log; a line that was broken off is left out."""
    if not path.is_file():
        return []
    rows = (_row(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [row for row in rows if row is not None]


def _row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and "step" in row else None
