"""Baichuan2 once more, in numpy and float64, token by token and head by head: slow, and nothing shared with ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
SLOPES_OF_40 = [2.0 ** (-number / 4) for number in range(1, 33)] + [2.0 ** (-number / 8) for number in range(1, 16, 2)]
"""As the 13B has them: 32 of the series that begins at 2^-1/4, and 8 from between them, beginning at 2^-1/8."""


@dataclass(frozen=True)
class Reference:
    """The weights by their official names; ``slopes`` make it a 13B, their absence a 7B."""

    weights: Mapping[str, Array]
    layers: int
    heads: int
    slopes: Sequence[float] | None = None

    def logits(self, ids: Sequence[int]) -> Array:
        """Of a lone sequence: (length, vocabulary)."""
        states = self.weights["model.embed_tokens.weight"][list(ids)]
        for layer in range(self.layers):
            own = f"model.layers.{layer}."
            states = states + self._attended(self._normed(states, f"{own}input_layernorm"), own)
            states = states + self._gated(self._normed(states, f"{own}post_attention_layernorm"), own)
        head = self.weights["lm_head.weight"]
        unit = np.stack([row / np.sqrt((row * row).sum()) for row in head])
        return np.asarray(self._normed(states, "model.norm") @ unit.T)

    def _normed(self, states: Array, name: str) -> Array:
        size = np.sqrt((states**2).mean(-1, keepdims=True) + 1e-6)
        return np.asarray(states / size * self.weights[f"{name}.weight"])

    def _gated(self, states: Array, own: str) -> Array:
        gate, up, down = (self.weights[f"{own}mlp.{part}_proj.weight"] for part in ("gate", "up", "down"))
        opened = states @ gate.T
        return np.asarray((opened / (1 + np.exp(-opened)) * (states @ up.T)) @ down.T)

    def _attended(self, states: Array, own: str) -> Array:
        width = states.shape[-1]
        size = width // self.heads
        packed = states @ self.weights[f"{own}self_attn.W_pack.weight"].T
        said = np.zeros_like(states)
        for head in range(self.heads):
            part = slice(head * size, (head + 1) * size)
            asked, known, told = (packed[:, block * width : (block + 1) * width][:, part] for block in range(3))
            for row in range(len(states)):
                scores = np.array([self._score(asked[row], known[key], row, key, head) for key in range(row + 1)])
                shares = np.exp(scores - scores.max())
                said[row, part] = shares / shares.sum() @ told[: row + 1]
        return np.asarray(said @ self.weights[f"{own}self_attn.o_proj.weight"].T)

    def _score(self, query: Array, key: Array, row: int, column: int, head: int) -> float:
        if self.slopes is not None:
            return float(query @ key / np.sqrt(len(query)) - self.slopes[head] * (row - column))
        return float(_turned(query, row) @ _turned(key, column) / np.sqrt(len(query)))


def _turned(vector: Array, place: int) -> Array:
    """Numbers ``i`` and ``i + half`` are a complex one, turned by ``place`` times its frequency."""
    half = len(vector) // 2
    turn = np.exp(1j * place * 10_000.0 ** (-np.arange(half) / half))
    whole = (vector[:half] + 1j * vector[half:]) * turn
    return np.concatenate([whole.real, whole.imag])


def reference(model: Any, slopes: Sequence[float] | None) -> Reference:
    weights = {name: tensor.double().numpy() for name, tensor in model.state_dict().items()}
    config = model.config
    return Reference(weights, config.num_hidden_layers, config.num_attention_heads, slopes)
