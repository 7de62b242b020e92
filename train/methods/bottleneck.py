"""A bottleneck after a sub-layer of the base: down, a non-linearity, up, added to what the sub-layer gave.

It becomes a child of the sub-layer and a hook runs it, so that the base keeps its code and the names of its weights.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

from train.families.family import Family
from train.methods.aside import Beside

NonLinearity = Literal["relu", "gelu", "silu", "tanh"]
NON_LINEARITIES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "relu": nn.functional.relu,
    "gelu": nn.functional.gelu,
    "silu": nn.functional.silu,
    "tanh": torch.tanh,
}
CHILD = "adapter"
"""What a sub-layer calls the module that follows it; so it stands in the names of its weights."""


class Bottleneck(Beside):
    """In float32 whatever the base is in. It starts as the identity, since ``up`` is zero."""

    def __init__(self, width: int, size: int, *, non_linearity: NonLinearity, dropout: float = 0.0) -> None:
        super().__init__()
        self.down = nn.Linear(width, size, dtype=torch.float32)
        self.up = nn.Linear(size, width, dtype=torch.float32)
        self.dropout = nn.Dropout(dropout)
        self.non_linearity = non_linearity
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def change(self, hidden: Tensor) -> Tensor:
        """What is added, in float32. Shape: as ``hidden``."""
        inner = NON_LINEARITIES[self.non_linearity](self.down(hidden.to(self.down.weight.dtype)))
        change: Tensor = self.dropout(self.up(inner))
        return change

    def forward(self, hidden: Tensor) -> Tensor:
        return (hidden + self.change(hidden)).to(hidden.dtype)


def sublayers(model: Any, family: Family) -> Iterator[tuple[str, Any]]:
    """Attention and MLP of every block with a name of their own, from the first block on."""
    names = family.sublayers(model)
    for number, block in enumerate(family.blocks(model)):
        for name in names:
            yield f"{number}.{name}", block.get_submodule(name)


def follow(sublayer: Any, module: Beside) -> None:
    """Let a module change what a sub-layer gives, before the residual connection."""
    sublayer.add_module(CHILD, module.to(next(sublayer.parameters()).device))
    sublayer.register_forward_hook(_follow)


def _follow(sublayer: Any, _: Any, output: Any) -> Any:
    """A function of the module, not a closure over the adapter: a copy of the model runs its own."""
    follower = getattr(sublayer, CHILD)
    if follower.idle:
        return output
    return (follower(output[0]), *output[1:]) if isinstance(output, tuple) else follower(output)
