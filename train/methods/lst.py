"""Ladder side-tuning (Sung et al. 2022, https://arxiv.org/abs/2206.06522): a small network beside the base.

Each of its layers takes the hidden state of the base's layer, projected down, through a learnt gate. What comes out is
projected up and added to the base's last hidden state, so that a training starts from the base's answers. The base runs
without gradients, which flow through the vocabulary's projection and the side network only.

The paper's side layers are transformer layers; ours work on each position alone. The base's hidden states have already
attended, so a position knows its context; no side layer can see an answer's later tokens, whatever the family's mask
is; and generation needs no cache beside the base's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from schemas.errors import OptionError
from train.families.family import Family
from train.methods.aside import Beside, set_aside
from train.methods.method import Method, Model
from train.methods.settings import at_least, share
from train.methods.trained import restore_trained, save_trained

CHILD = "ladder"
TEMPERATURE = 0.1
"""Of the gates: the paper's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderSideTuning:
    lst_reduction: int = 16
    """The side network is as wide as the base divided by this."""
    lst_dropout: float = 0.0

    def __post_init__(self) -> None:
        at_least(1, lst_reduction=self.lst_reduction)
        share(lst_dropout=self.lst_dropout)


class Rung(nn.Module):
    """A layer of the side network: mixes what comes from below with the base's, then an MLP with a residual."""

    def __init__(self, width: int, side: int, dropout: float) -> None:
        super().__init__()
        self.down = nn.Linear(width, side)
        self.gate = nn.Parameter(torch.zeros(()))
        self.norm = nn.LayerNorm(side)
        self.inner = nn.Linear(side, 4 * side)
        self.outer = nn.Linear(4 * side, side)
        self.dropout = nn.Dropout(dropout)

    def forward(self, below: Tensor, state: Tensor) -> Tensor:
        """Shapes: below (batch, tokens, side), state (batch, tokens, width), which is a hidden state of the base."""
        share_below = torch.sigmoid(self.gate / TEMPERATURE)
        mixed = share_below * below + (1 - share_below) * self.down(of_one_size(state))
        inner = nn.functional.gelu(self.inner(self.norm(mixed)))
        output: Tensor = mixed + self.dropout(self.outer(inner))
        return output


class Ladder(Beside):
    """The side network, in float32 whatever the base is in. It starts as nothing, since ``up`` is zero."""

    def __init__(self, width: int, layers: int, settings: LadderSideTuning) -> None:
        super().__init__()
        side = width // settings.lst_reduction
        self.down = nn.Linear(width, side)
        self.rungs = nn.ModuleList(Rung(width, side, settings.lst_dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(side)
        self.up = nn.Linear(side, width)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, states: tuple[Tensor, ...]) -> Tensor:
        """What is added to the last hidden state; ``states`` are the embeddings and what each layer made of them."""
        hidden = self.down(of_one_size(states[0]))
        for rung, state in zip(self.rungs, states[1:], strict=True):
            hidden = rung(hidden, state)
        change: Tensor = self.up(self.norm(hidden))
        return change


def of_one_size(state: Tensor) -> Tensor:
    """In float32, with mean 0 and deviation 1, since hidden states grow from layer to layer."""
    return nn.functional.layer_norm(state.float(), state.shape[-1:])


def _adapt(model: Model, settings: LadderSideTuning, family: Family) -> Model:
    width = model.config.hidden_size
    if settings.lst_reduction > width:
        raise OptionError(f"lst_reduction is {settings.lst_reduction}, but the model is only {width} wide")
    model.requires_grad_(False)
    body = model.base_model
    ladder = Ladder(width, len(family.blocks(model)), settings)
    body.add_module(CHILD, ladder.to(dtype=torch.float32, device=model.device))
    body.forward = partial(_climb, body)
    return model


def _climb(body: Any, *args: Any, output_hidden_states: bool | None = None, **kwargs: Any) -> Any:
    """The forward pass of the base without its vocabulary, and of the ladder beside it.

    A partial of a function, not a closure: a copy of the model climbs its own ladder.
    """
    ladder = getattr(body, CHILD)
    if ladder.idle:
        return type(body).forward(body, *args, output_hidden_states=output_hidden_states, **kwargs)
    with torch.no_grad(), _without_checkpointing(body):
        output = type(body).forward(body, *args, output_hidden_states=True, **kwargs)
    last = output.last_hidden_state
    below = tuple(state.detach() for state in output.hidden_states[:-1])  # a hook may ask gradients of the embeddings
    output.last_hidden_state = (last + ladder((*below, last))).to(last.dtype)
    if not output_hidden_states:
        output.hidden_states = None
    return output


@contextmanager
def _without_checkpointing(body: Any) -> Iterator[None]:
    """Nothing is to be computed again where nothing has gradients; torch would warn of just that."""
    modules = [module for module in body.modules() if getattr(module, "gradient_checkpointing", False)]
    for module in modules:
        module.gradient_checkpointing = False
    try:
        yield
    finally:
        for module in modules:
            module.gradient_checkpointing = True


LST = Method(
    name="lst",
    about="a small network beside the base, which needs no gradients itself (ladder side-tuning)",
    settings=LadderSideTuning,
    learning_rate=3e-3,
    adapt=_adapt,
    save=save_trained,
    restore=restore_trained,
    aliases=("ladder_side_tuning", "ladder"),
    off=set_aside,
    through_base=False,
)
