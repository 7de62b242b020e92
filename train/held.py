"""What a device holds of weights, gradients and states of the optimiser while it trains: all of them, or its part.

What is divided comes together layer by layer: the one that runs, the one that is fetched meanwhile, and all that stands
around the layers, which FSDP2 divides as one.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_OPTIMIZER_STATES = {"adamw": 8, "adam": 8, "adafactor": 0, "sgd": 0, "lion": 4, "8bit": 2}
"""Bytes a trained parameter has in the optimiser; of several names that fit the last one counts."""
_WHOLE_LAYERS = 2
LAYER = re.compile(r"\.layers\.(\d+)\.")
"""In the name of a weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Bytes of a model and of what its training adds."""

    weights: int
    gradients: int
    states: int
    layer: int
    """Of weights, in the largest layer."""
    outside: int
    """Of weights, around the layers."""
    layer_gradients: int
    """Of the largest layer."""

    def on_a_device(self, devices: int, stage: int) -> int:
        """``stage`` is that of ZeRO: of so many devices each has its part of the states, gradients (2), weights (3)."""
        whole_of_two = self.gradients if devices > 1 and stage < 2 else 0  # buckets, in which they are averaged
        states = self.states if stage < 1 else -(-self.states // devices)
        gradients = self.gradients if stage < 2 else -(-self.gradients // devices) + self.layer_gradients
        if stage < 3:
            return self.weights + gradients + whole_of_two + states
        together = min(_WHOLE_LAYERS * self.layer + self.outside, self.weights)
        return -(-self.weights // devices) + together + gradients + states


def states_bytes(optimizer: str) -> int:
    """Of a trained parameter."""
    sizes = [size for name, size in _OPTIMIZER_STATES.items() if name in optimizer.lower()]
    return sizes[-1] if sizes else 8


def in_layers(sizes: Iterable[tuple[str, int]]) -> tuple[int, int]:
    """Of sizes by the names of weights: the largest layer's, and what stands in none."""
    found: Counter[str] = Counter()
    for name, size in sizes:
        layer = LAYER.search(name)
        found[layer[1] if layer else ""] += size
    outside = found.pop("", 0)
    return max(found.values(), default=0), outside
