"""An experiment that two cells of a few steps answer, as text and as what is read of it."""

from collections.abc import Sequence
from pathlib import Path

from tests.pipeline.mixing.folders import Record
from tests.pipeline.mixing.folders import pairs as pairs_of
from train.experiments.build import read_experiment
from train.experiments.experiment import Experiment

TEXT = """\
# Which rate?
question: Is the higher rate better?
changed: [learning_rate]
held_fixed: [model, steps, effective_batch, tokens_seen]
success:
  - {metric: ROUGE-L, row: high, baseline: low, direction: more, margin: 1}
data:
  dataset: legal
  train: 10
  items: 5
recipe:
  method: p_tuning_v2
  pre_seq_len: 2
  max_source_length: 24
  max_target_length: 6
  per_device_train_batch_size: 2
  gradient_accumulation_steps: 1
  max_steps: 2
  health_guard: false
  logging_steps: 1
cells:
  low: {learning_rate: 1e-3}
  high: {learning_rate: 1e-1}
"""


def dialogues(count: int, first: int = 0) -> list[Record]:
    return [(*pair, [["你好", f"在，第{number}位"]] * 3) for number, pair in enumerate(pairs_of("令", count, first))]


def write(folder: Path, *changes: tuple[str, str], text: str = TEXT) -> Path:
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "rate.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def read(
    folder: Path, *changes: tuple[str, str], pairs: Sequence[str] = (), model: str | Path | None = None
) -> Experiment:
    return read_experiment(write(folder, *changes), pairs, model=None if model is None else str(model))
