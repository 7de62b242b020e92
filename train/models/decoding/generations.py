"""What tells the generations of ChatGLM apart when they decode."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from train.models.chatglm import positions as first
from train.models.chatglm import rotary as first_rotary
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm2 import positions as second
from train.models.chatglm2 import rotary as second_rotary
from train.models.chatglm2.configuration import ChatGLM2Config


class Generation(NamedTuple):
    layout: Callable[[Tensor, Any], Mapping[str, Any]]
    """Of prompts padded on the right: what the layers are given, ``positions`` (batch, …, tokens) among it."""
    tables: Callable[[Tensor, Any, torch.dtype], tuple[Tensor, Tensor]]
    """Cosines and sines of positions (batch, …, tokens)."""


def _first_tables(positions: Tensor, config: Any, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    return first_rotary.rotary_tables(positions, config.hidden_size // config.num_attention_heads, dtype)


def _second_tables(positions: Tensor, config: Any, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    return second_rotary.rotary_tables(positions, config.kv_channels, dtype)


GENERATIONS: Mapping[type[Any], Generation] = {
    ChatGLM1Config: Generation(first.layout, _first_tables),
    ChatGLM2Config: Generation(second.layout, _second_tables),
}
"""By configuration; models of others are left to ``generate``."""
