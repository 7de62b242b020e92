"""The recipe of a training: one frozen value, complete once built. Below ``train/run.py`` nobody sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from train.encoding.examples import Loss
from train.families.family import Encoding
from train.models.quantised.choice import Quantization

Dtype = Literal["auto", "float16", "bfloat16", "float32"]
Fitting = Literal["auto", "given"]
Scaling = Literal["none", "linear", "sqrt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Where two names stand for one thing, ``train/recipe/names.py`` maps the other one (``model_name_or_path``)."""

    dataset: str | None = None
    """A folder that ``prep convert`` made; or the three files that follow, as the official scripts read them."""
    train_file: str | None = None
    """JSON Lines, JSON or CSV."""
    validation_file: str | None = None
    """What training is evaluated on."""
    test_file: str | None = None
    """What ``do_predict`` answers."""
    prompt_column: str | None = None
    """Where the prompt stands in the files; the columns of our datasets are found without it."""
    response_column: str | None = None
    """Where the answer stands in the files."""
    history_column: str | None = None
    """Where earlier turns stand in the files; makes dialogues of the records."""
    max_train_samples: int | None = None
    """Train on so many records only, the first ones."""
    max_eval_samples: int | None = None
    """Evaluate on so many records only."""
    max_predict_samples: int | None = None
    """Answer so many records only."""

    model: str = "THUDM/chatglm-6b"
    """A folder, a name of the hub, or ``tiny``."""
    dtype: Dtype = "auto"
    """Of the base: ``auto`` is that of its weights on a graphics card and float32 on a processor."""
    quantization: Quantization = "none"
    """Of the weights of the base's layers: the official ``int4`` or ``int8`` (``quantization_bit``), ``nf4`` or
    ``llm-int8`` of bitsandbytes, ``torchao-int8``. A base that is stored so stays so without it."""
    split_special_tokens: bool = True
    """Control tokens typed in a text stay text; false is the official behaviour: ``<eop>`` ends an answer."""

    method: str = "p_tuning_v2"
    """What of the model trains, and how; it brings settings of its own."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The method's own: ``pre_seq_len``, ``lora_rank``; complete once the recipe is built."""
    adapter: str | None = None
    """Goes on from what was trained before (``ptuning_checkpoint``); the optimiser starts anew."""
    merge: bool = False
    """Writes a whole model too."""

    encoding: Encoding = "default"
    """``official`` is the preprocessing of the official scripts, to the last token; ``instruct`` asks in the layout
    ``Instruction: … Answer:``."""
    loss: Loss = "last"
    """``all``: every answer of a dialogue is learnt, not the last one only."""
    prompt_template: str = "none"
    """A named instruction that is joined to the content."""
    source_prefix: str = ""
    """Text before every prompt."""
    max_source_length: int = 512
    """Tokens of the prompt, markers and all."""
    max_target_length: int = 512
    """Tokens of the answer, its end included."""
    val_max_target_length: int | None = None
    """Tokens of the answer in evaluation; ``max_target_length`` without it."""
    ignore_pad_token_for_loss: bool = True
    """Official encoding only: false lets padding carry loss."""

    out: str = "runs"
    """Where folders of runs lie."""
    name: str | None = None
    """The run's folder below ``out``: ``<dataset>-<model>-<method>`` without it."""
    output_dir: str | None = None
    """The run's folder itself, instead of ``out`` and ``name``."""
    overwrite: bool = False
    """Replaces a run that stands in the way."""
    resume: bool | str = False
    """Goes on from the last checkpoint, or from the one that is named."""
    do_train: bool = True
    """Where one of the three is asked for, only those that are asked for happen."""
    do_eval: bool = True
    """During training and at its end, where there are records to evaluate on."""
    do_predict: bool = False
    """Answers the test records when all else is done, and scores the answers."""
    predict_with_generate: bool = False
    """With ``do_eval``: answers the dev records too when all else is done, and scores the answers."""
    num_beams: int = 1
    """Beams of answers that are generated."""
    early_stopping_patience: int | None = None
    """Evaluations without a gain after which training ends."""
    early_stopping_threshold: float = 0.0
    """How much better an evaluation must be to count as a gain."""
    scale_lr: Scaling = "none"
    """Moves ``learning_rate`` with the batch, from 16, that of the official scripts."""
    find_lr: bool = False
    """A range test of the learning rate instead of a training."""
    packing: bool | None = None
    """Examples end to end in one row, which trains the same without padding; without it: where it pays and can be."""
    batch: Fitting | None = None
    """``auto`` makes as few parts of a batch as fit into memory; ``given`` takes ``per_device_train_batch_size`` as it
    is. Without it: ``auto`` where examples are packed."""
    recomputed_layers: int | None = None
    """Layers, the lowest ones, that are computed again for the backward pass instead of kept; without it: none, or as
    many as a card's memory asks for. ``gradient_checkpointing`` is all of them."""
    fused_loss: bool = True
    """Only labels go through the vocabulary, some at a time; false keeps all logits in memory."""
    fused_kernels: bool = True
    """On a graphics card, element-wise work is compiled into single kernels."""
    cuda_graphs: bool | None = None
    """On a graphics card, steps of packed examples are recorded and replayed, so that nobody waits for the processor;
    without it: where batches are small."""
    health_guard: bool = True
    """Stops a training that cannot become anything, with a diagnosis."""

    training: Mapping[str, Any] = field(default_factory=dict)
    """Fields of transformers' ``TrainingArguments`` that are not its defaults, ``learning_rate`` and all."""
