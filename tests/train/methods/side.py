"""What the tests of adapters, their fusion and the ladder share: golden bases, one step of training, two answers."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tests.train.models.chatglm import tiny as first
from tests.train.models.chatglm2 import tiny as second
from train.families.family import Family
from train.families.registry import FAMILIES

NATIVE = ("chatglm", "chatglm2")
_GOLDEN: Mapping[str, Any] = {"chatglm": first, "chatglm2": second}
_NAMES = {"chatglm": "v1_base", "chatglm2": "v2_base"}


def base(family: str, dtype: torch.dtype = torch.float32) -> Any:
    return _GOLDEN[family].model(_NAMES[family]).to(dtype)


def facts(family: str) -> Family:
    return FAMILIES[family]


def batch(family: str) -> dict[str, Tensor]:
    """Ids and labels."""
    cases = _GOLDEN[family].cases(_NAMES[family])
    return {"input_ids": cases["train/input_ids"], "labels": cases["train/labels"]}


@torch.no_grad()
def logits(model: Any, family: str) -> Tensor:
    found: Tensor = model.eval()(batch(family)["input_ids"]).logits
    return found


def answer(model: Any, family: str) -> list[int]:
    """Greedy, with the cache."""
    prompt = _GOLDEN[family].cases(_NAMES[family])["gen_single/input_ids"]
    found: Tensor = model.eval().generate(prompt, max_new_tokens=8, do_sample=False, eos_token_id=None)
    return [int(token) for token in found[0, prompt.shape[1] :]]


def trained(model: Any) -> dict[str, Any]:
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def disturb(model: Any, seed: int = 0) -> Any:
    """Move what trains away from where it starts, as many steps would."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in trained(model).values():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.2)
    return model


def take_steps(model: Any, family: str, steps: int = 1, learning_rate: float = 1e-2) -> list[float]:
    """Losses before each step."""
    optimiser = torch.optim.AdamW(trained(model).values(), lr=learning_rate)
    losses = []
    for _ in range(steps):
        loss = model.train()(**batch(family)).loss
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        losses.append(float(loss.detach()))
    return losses


def gradients(model: Any, family: str) -> dict[str, Tensor]:
    model.zero_grad()
    model.train()(**batch(family)).loss.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters() if parameter.grad is not None}


def checkpoint_activations(model: Any, *, reentrant: bool) -> None:
    """As a Trainer does it; by its newest name where transformers has that."""
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": reentrant})
    model.enable_input_require_grads()
