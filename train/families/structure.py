"""Where a model of transformers has its blocks, attention, MLP and linear layers: found by looking."""

from typing import Any

from torch import nn
from transformers.pytorch_utils import Conv1D

from schemas.errors import ModelError

_ATTENTION, _MLP = ("attn", "attention"), ("mlp", "feed_forward", "ffn", "moe")


def blocks(model: Any) -> nn.ModuleList:
    """The layers of a model, peft around it or not: the first list of as many modules as it says it has layers."""
    count = model.config.num_hidden_layers
    for _, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == count:
            return module
    raise ModelError(f"{type(model).__name__}: no list of its {count} layers in it; such a model needs a family file")


def attention_module(model: Any) -> str:
    """What a block calls its attention."""
    return _child(model, _ATTENTION, "attention")


def mlp_module(model: Any) -> str:
    return _child(model, _MLP, "MLP")


def attention_projections(model: Any) -> tuple[str, ...]:
    """Names of the linear layers of attention, in all blocks."""
    inside = attention_module(model)
    return _linear([block.get_submodule(inside) for block in blocks(model) if hasattr(block, inside)])


def all_projections(model: Any) -> tuple[str, ...]:
    """Names of every linear layer of a block."""
    return _linear(list(blocks(model)))


def _linear(modules: list[Any]) -> tuple[str, ...]:
    names = {
        name.rpartition(".")[2]: None
        for module in modules
        for name, part in module.named_modules()
        if isinstance(part, nn.Linear | Conv1D)
    }
    return tuple(names)


def _child(model: Any, marks: tuple[str, ...], what: str) -> str:
    """The first child with such a name that holds weights; blocks may be of several kinds."""
    for block in blocks(model):
        for name, child in block.named_children():
            is_norm = "norm" in name.lower()
            if any(mark in name.lower() for mark in marks) and not is_norm and any(True for _ in child.parameters()):
                return name
    raise ModelError(f"{type(model).__name__}: no {what} in its blocks; such a model needs a family file")
