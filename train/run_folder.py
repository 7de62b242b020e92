"""The folder of a run: what it is called, what lies in it already, and what may be done about that."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from schemas.errors import ModelError
from schemas.run import ADAPTER, CURVE, LOG, MERGED, RECIPE, RUN

TENSORBOARD = "runs"
"""Below the folder; transformers calls it so."""
INPUTS = "inputs.json"
"""What the run was started from: compared with what is asked now. Written first."""
PREDICTIONS = "generated_predictions.txt"
PREDICTED = "predict_results.json"
"""Official scores of the predictions."""
ANSWERS = tuple(f"generated_predictions.{kind}" for kind in ("json", "about.json", "partial.jsonl"))
"""What ``prep generate`` writes."""
STATE = "trainer_state.json"
"""transformers writes it last of a checkpoint: where it can be read, the checkpoint is complete."""
EVALUATED = "eval_results.json"
RATE, RATES = "learning_rate.json", "learning_rates.png"
"""What ``--find-lr`` found."""
_PICTURES, _RESULTS = (CURVE, RATES), (PREDICTIONS, PREDICTED, EVALUATED, *ANSWERS)
WRITTEN = (RUN, RECIPE, INPUTS, LOG, RATE, ADAPTER, MERGED, TENSORBOARD, *_PICTURES, *_RESULTS)
"""Besides checkpoints: what ``--overwrite`` takes away."""

Inputs = Mapping[str, Any]
"""The recipe, flat, and the hashes of the data."""
Begin = Literal["new", "resume", "finished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How a training begins."""

    how: Begin
    checkpoint: Path | None = None


def folder_name(dataset: str, model: str, method: str) -> str:
    """``legal-chatglm-6b-p_tuning_v2``"""
    return "-".join(part.strip("/").rpartition("/")[2].strip(".") or "model" for part in (dataset, model, method))


def look(folder: Path, inputs: Inputs, *, resume: bool | str, overwrite: bool) -> Start:
    """Decide, and change nothing; raises ModelError where the folder is in the way."""
    if folder.exists() and not folder.is_dir():
        raise ModelError(f"{folder}: a file is in the way; choose another --name or --out")
    if isinstance(resume, str) and resume:
        return Start(how="resume", checkpoint=_named(Path(resume)))
    is_empty = not folder.exists() or not any(folder.iterdir())
    if is_empty:
        return Start(how="new")
    if not any((folder / name).is_file() for name in (INPUTS, RUN)):
        raise ModelError(f"{folder}: not empty, and no run of ours (no {INPUTS} in it); choose another --name or --out")
    changes = differences(read_json(folder / INPUTS), inputs)
    if overwrite and not resume:
        return Start(how="new")
    if (folder / RUN).is_file():
        if not changes:
            return Start(how="finished")
        raise ModelError(_differs(folder, "a finished run", changes))
    last = last_checkpoint(folder)
    if last is None:
        return Start(how="new")  # nothing is lost
    if not resume:
        raise ModelError(f"{folder}: unfinished, {last.name} is its last checkpoint; use --resume or --overwrite")
    if changes:
        raise ModelError(_differs(folder, "an unfinished run", changes))
    return Start(how="resume", checkpoint=last)


def prepare(folder: Path, start: Start, inputs: Inputs) -> None:
    """Make the folder ready: empty, or without what is not whole or comes after the checkpoint."""
    if start.how == "new":
        clear(folder)
    elif start.checkpoint is not None and start.checkpoint.resolve().parent == folder.resolve():
        number = step_of(start.checkpoint)
        for checkpoint in checkpoints(folder):
            if step_of(checkpoint) > number or not is_complete(checkpoint):
                shutil.rmtree(checkpoint)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RUN).unlink(missing_ok=True)
    write_json(folder / INPUTS, inputs)


def clear(folder: Path) -> None:
    """Remove what a run wrote, and nothing else."""
    for path in [*(folder / name for name in WRITTEN), *checkpoints(folder)]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def differences(before: Inputs, now: Inputs) -> list[str]:
    """What is not as before, by name, with both values."""
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return [f"{name} was {_shown(before.get(name))}, is {_shown(now.get(name))}" for name in names]


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Beside the target, then renamed."""
    beside = path.with_name(f"{path.name}.partial")
    beside.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    beside.replace(path)


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a folder, whole or not, oldest first."""
    found = [path for path in folder.glob("checkpoint-*") if path.name.rpartition("-")[2].isdigit() and path.is_dir()]
    return sorted(found, key=step_of)


def step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def last_checkpoint(folder: Path) -> Path | None:
    return next((path for path in reversed(checkpoints(folder)) if is_complete(path)), None)


def is_complete(checkpoint: Path) -> bool:
    return "global_step" in read_json(checkpoint / STATE)


def is_the_end(checkpoint: Path, steps: int) -> bool:
    """Whether nothing is left to train: all steps are done, or early stopping ended them."""
    state = read_json(checkpoint / STATE)
    stopping = state.get("stateful_callbacks", {}).get("EarlyStoppingCallback", {})
    patience = stopping.get("args", {}).get("early_stopping_patience", steps + 1)
    waited = stopping.get("attributes", {}).get("early_stopping_patience_counter", 0)
    return bool(state.get("global_step", 0) >= steps or waited >= patience)


def _named(checkpoint: Path) -> Path:
    if checkpoint.is_dir() and not is_complete(checkpoint) and (last := last_checkpoint(checkpoint)):
        return last
    if not is_complete(checkpoint):
        what = "not a complete checkpoint" if checkpoint.is_dir() else "no such folder"
        raise ModelError(
            f"{checkpoint}: {what}; expected a checkpoint-… of a run, or resume its last one with --resume"
        )
    return checkpoint


def _differs(folder: Path, what: str, changes: list[str]) -> str:
    return (
        f"{folder}: {what}, made otherwise: {'; '.join(changes)}; replace it with --overwrite, or choose another --name"
    )


def read_json(path: Path) -> dict[str, Any]:
    """The mapping in a file; an empty one where there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}…"
