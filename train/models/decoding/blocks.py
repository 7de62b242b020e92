"""The blocks of a model for one token a slot: one after the other as they are, or through one compiled block."""

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.func import functional_call

from train.models.attention import Shared
from train.models.decoding.slots import Layer

Layers = Callable[[int], Layer]
RunBlocks = Callable[[Tensor, Shared, Layers], Tensor]
_TEMPLATES: WeakKeyDictionary[nn.ModuleList, dict[bool, nn.Module]] = WeakKeyDictionary()
"""Compiled code knows its template again, so there is one a model."""
_RELEASED = ("torch.nn.modules.", "train.models.chatglm")
_RECORDED = (*_RELEASED, "train.", "peft.")


def run_blocks(blocks: nn.ModuleList) -> RunBlocks:
    def run(hidden: Tensor, shared: Shared, layers: Layers) -> Tensor:
        for number, block in enumerate(blocks):
            hidden = block(hidden, None, None, shared._replace(slots=layers(number)))
        return hidden

    return run


def run_compiled(blocks: nn.ModuleList, config: Any, *, melts_products: bool) -> RunBlocks | None:
    """All blocks through the code of one, so that one is compiled; None where a method has changed some.

    ``melts_products`` leaves products with a single row to the compiler, too, instead of cuBLAS.
    """
    if not all(map(is_as_released, blocks)):
        return None
    known = _TEMPLATES.setdefault(blocks, {})
    template = known.setdefault(melts_products, _template(type(blocks[0]), config, melts_products))
    weights: list[dict[str, Tensor]] = [{**dict(block.named_parameters())} for block in blocks]
    compiled = torch.compile(_through, dynamic=False, fullgraph=True, **_options(melts_products))

    def run(hidden: Tensor, shared: Shared, layers: Layers) -> Tensor:
        for number, own in enumerate(weights):
            hidden = compiled(template, own, hidden, shared._replace(slots=layers(number)))
        return hidden

    return run


def is_as_released(block: nn.Module) -> bool:
    """Whether it is made of torch's modules and ours, with neither hooks nor a ``forward`` of somebody else."""
    return all(
        type(module).__module__.startswith(_RELEASED)
        and not (module._forward_hooks or module._forward_pre_hooks or "forward" in module.__dict__)
        for module in block.modules()
    )


def can_be_recorded(blocks: nn.ModuleList) -> bool:
    """Whether nothing in it may wait for the card, as modules of strangers do (those of quantised weights, say)."""
    return all(type(module).__module__.startswith(_RECORDED) for module in blocks.modules())


class _Apart(nn.Linear):
    """Its bias is added apart: then the compiler makes of a product with one row a kernel of its own."""

    def forward(self, hidden: Tensor) -> Tensor:
        product = nn.functional.linear(hidden, self.weight)
        return product if self.bias is None else product + self.bias


def _template(kind: type[Any], config: Any, melts_products: bool) -> nn.Module:
    """A block without numbers; each call lends it those of another."""
    with torch.device("meta"):
        made: nn.Module = kind(config, 0).eval()
    for module in made.modules():
        if melts_products and type(module) is nn.Linear:
            module.__class__ = _Apart
    return made


def _through(block: nn.Module, weights: dict[str, Tensor], hidden: Tensor, shared: Shared) -> Tensor:
    output: Tensor = functional_call(block, weights, (hidden, None, None, shared))
    return output


def _options(melts_products: bool) -> dict[str, Any]:
    return {"options": {"coordinate_descent_tuning": True}} if melts_products else {}
