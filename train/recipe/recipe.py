"""The recipe of a training: one frozen value, complete once built. Below ``train/run.py`` nobody sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from train.encoding.examples import Loss
from train.families.family import Encoding

Dtype = Literal["auto", "float16", "bfloat16", "float32"]
Scaling = Literal["none", "linear", "sqrt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Where two names stand for one thing, ``train/recipe/names.py`` maps the other one (``model_name_or_path``)."""

    dataset: str | None = None
    """A dataset folder; or the files below it, as the official scripts read them."""
    train_file: str | None = None
    validation_file: str | None = None
    test_file: str | None = None
    prompt_column: str | None = None
    response_column: str | None = None
    history_column: str | None = None
    max_train_samples: int | None = None
    max_eval_samples: int | None = None
    max_predict_samples: int | None = None

    model: str = "THUDM/chatglm-6b"
    """A folder, a name of the hub, or ``tiny``."""
    dtype: Dtype = "auto"
    """Of the base: ``auto`` is that of its weights on a graphics card and float32 on a processor."""
    split_special_tokens: bool = True
    """Control tokens typed in a text stay text; false is the official behaviour: ``<eop>`` ends an answer."""

    method: str = "p_tuning_v2"
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The method's own: ``pre_seq_len``, ``lora_rank``; complete once the recipe is built."""
    adapter: str | None = None
    """Goes on from what was trained before (``ptuning_checkpoint``); the optimiser starts anew."""
    merge: bool = False
    """Writes a whole model too."""

    encoding: Encoding = "default"
    loss: Loss = "last"
    prompt_template: str = "none"
    source_prefix: str = ""
    max_source_length: int = 512
    max_target_length: int = 512
    val_max_target_length: int | None = None
    """In evaluation; ``max_target_length`` without it."""
    ignore_pad_token_for_loss: bool = True

    out: str = "runs"
    name: str | None = None
    """Of the run's folder below ``out``: ``<dataset>-<model>-<method>`` without it."""
    output_dir: str | None = None
    """The run's folder itself."""
    overwrite: bool = False
    resume: bool | str = False
    """From the last checkpoint, or from the one that is named."""
    do_train: bool = True
    do_eval: bool = True
    do_predict: bool = False
    predict_with_generate: bool = False
    num_beams: int = 1
    early_stopping_patience: int | None = None
    """Evaluations without a gain after which training ends."""
    early_stopping_threshold: float = 0.0
    scale_lr: Scaling = "none"
    """Moves ``learning_rate`` with the batch, from 16, that of the official scripts."""
    find_lr: bool = False
    health_guard: bool = True

    training: Mapping[str, Any] = field(default_factory=dict)
    """Fields of transformers' ``TrainingArguments`` that are not its defaults, ``learning_rate`` and all."""
