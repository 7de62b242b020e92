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
FEW = 16
"""Slots up to which the time of a product is that of reading its weights."""
_TEMPLATES: WeakKeyDictionary[nn.ModuleList, dict[bool, nn.Module]] = WeakKeyDictionary()
"""Compiled code knows its template again, so there is one a model."""
_BACKEND = "inductor"
_RELEASED = ("torch.nn.modules.", "train.models.chatglm")
_RECORDED = (*_RELEASED, "train.", "peft.")


def run_blocks(blocks: nn.ModuleList) -> RunBlocks:
    def run(hidden: Tensor, shared: Shared, layers: Layers) -> Tensor:
        for number, block in enumerate(blocks):
            hidden = block(hidden, None, None, shared._replace(slots=layers(number)))
        return hidden

    return run


def run_through_one(blocks: nn.ModuleList, config: Any, *, compiled: bool, few: bool) -> RunBlocks | None:
    """All blocks through one, which is lent the weights of each; None where a method has changed some.

    ``compiled``: so that one is compiled. ``few`` rows are multiplied by our own kernel.
    """
    if not all(map(is_as_released, blocks)):
        return None
    known = _TEMPLATES.setdefault(blocks, {})
    template = known.setdefault(few, _template(type(blocks[0]), config, few))
    weights: list[dict[str, Tensor]] = [{**dict(block.named_parameters())} for block in blocks]
    through = torch.compile(_through, dynamic=False, fullgraph=True, backend=_BACKEND) if compiled else _through

    def run(hidden: Tensor, shared: Shared, layers: Layers) -> Tensor:
        for number, own in enumerate(weights):
            hidden = through(template, own, hidden, shared._replace(slots=layers(number)))
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


class FewRows(nn.Linear):
    """A linear layer of a step, which has a row a slot."""

    def forward(self, hidden: Tensor) -> Tensor:
        return few_rows(hidden, self.weight, self.bias)


def few_rows(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """As ``nn.functional.linear``, through our own kernel."""
    from train.models.decoding.products import multiply  # there is no Triton on every machine

    return multiply(hidden, weight, bias)


def _template(kind: type[Any], config: Any, few: bool) -> nn.Module:
    """A block without numbers; each call lends it those of another."""
    with torch.device("meta"):
        made: nn.Module = kind(config, 0).eval()
    for module in made.modules():
        if few and type(module) is nn.Linear:
            module.__class__ = FewRows
    return made


def _through(block: nn.Module, weights: dict[str, Tensor], hidden: Tensor, shared: Shared) -> Tensor:
    output: Tensor = functional_call(block, weights, (hidden, None, None, shared))
    return output
