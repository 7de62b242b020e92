"""A ChatGLM-6B of two narrow layers with random weights, and a Trainer for it: trains a step in milliseconds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from train.callbacks.progress import CountTokens
from train.encoding.collate import PadRight
from train.encoding.examples import HIDDEN, Example, Examples
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.modeling import ChatGLMForCausalLM

SPECIAL = {"mask_token_id": 59, "gmask_token_id": 60, "bos_token_id": 61, "eos_token_id": 62, "pad_token_id": 3}


def model(**fields: Any) -> ChatGLMForCausalLM:
    torch.manual_seed(0)
    return ChatGLMForCausalLM(config(**fields))


def config(**fields: Any) -> ChatGLM1Config:
    sizes = {"vocab_size": 64, "hidden_size": 32, "inner_hidden_size": 64, "num_layers": 2, "num_attention_heads": 2}
    return ChatGLM1Config(**{**sizes, **SPECIAL, **fields})


def examples(count: int = 32, length: int = 6) -> Examples:
    """Every answer repeats its prompt, which is longer from example to example."""
    rows = []
    for number in range(count):
        text = [5 + (number + place) % 50 for place in range(2 + number % length)]
        given = [*text, SPECIAL["gmask_token_id"], SPECIAL["bos_token_id"]]
        learnt = [*text, SPECIAL["eos_token_id"]]
        rows.append(Example(given + learnt, [HIDDEN] * len(given) + learnt, len(given)))
    return Examples.of(rows)


def trainer(
    folder: Path,
    *,
    callbacks: Sequence[TrainerCallback] = (),
    trained: Any = None,
    collate: Any = None,
    data: Examples | None = None,
    **options: Any,
) -> Trainer:
    """All weights train unless ``trained`` is a model of its own."""
    settings: dict[str, Any] = {
        "per_device_train_batch_size": 4,
        "max_steps": 6,
        "logging_steps": 1,
        "learning_rate": 1e-3,
        "report_to": [],
        "use_cpu": True,
        "save_strategy": "no",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
        "remove_unused_columns": False,
        "label_names": ["labels"],
        "prediction_loss_only": True,
        **options,
    }
    made = Trainer(
        model=model() if trained is None else trained,
        args=TrainingArguments(output_dir=str(folder), **settings),
        data_collator=collate or CountTokens(PadRight(pad=SPECIAL["pad_token_id"]), SPECIAL["pad_token_id"]),
        train_dataset=examples() if data is None else data,
        eval_dataset=examples(8),
        callbacks=list(callbacks),
    )
    made.remove_callback(PrinterCallback)
    return made


def kept_bytes(model: torch.nn.Module, batch: int, length: int) -> int:
    """What autograd keeps of a forward pass for the backward pass, weights left out, every storage once."""
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights and tensor.is_floating_point():
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.randint(5, 50, (batch, length))
    ids[:, length // 2 - 1], ids[:, length // 2] = SPECIAL["gmask_token_id"], SPECIAL["bos_token_id"]
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        held = model(input_ids=ids, labels=ids).loss
    assert held.requires_grad
    return sum(kept.values())
