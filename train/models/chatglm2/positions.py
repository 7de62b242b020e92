"""Positions and masks of ChatGLM2-6B, once a batch: a token sees itself and whatever stands before it.

Nothing here looks at a value on the host, so the device is never waited for.
"""

from typing import TypedDict

import torch
from torch import Tensor

from train.models.chatglm2.configuration import ChatGLM2Config


class Layout(TypedDict):
    """What a batch's ids say about positions, under a name that peft hands through untouched."""

    positions: Tensor
    """(batch, length): the number of each token, padding not counted."""


def layout(input_ids: Tensor, config: ChatGLM2Config, attention_mask: Tensor | None = None) -> Layout:
    """Number the tokens; ``attention_mask`` (batch, length) is 1 for tokens, 0 for padding."""
    tokens = torch.ones_like(input_ids) if attention_mask is None else attention_mask.long()
    return {"positions": (tokens.cumsum(-1) - 1).clamp(min=0)}


def with_embeddings_before(positions: Tensor, count: int) -> Tensor:
    """Make room for ``count`` embeddings that a prompt method put before the tokens: positions below zero.

    Rotary attention knows only distances: this is the same as moving every token to the right, and the tokens keep
    their positions when the cache goes on later.
    """
    if count <= 0:
        return positions
    before = torch.arange(-count, 0, device=positions.device).expand(positions.shape[0], -1)
    return torch.cat((before, positions), dim=-1)


def visible_keys(hidden: Tensor, attention_mask: Tensor | None, in_front: int) -> Tensor | None:
    """Who may attend to whom: True where the query sees the key, (batch or 1, 1, queries, in_front + queries).

    None stands for a plain causal mask, and for a lone query that sees everything. Keys in front of those that
    ``attention_mask`` (batch, tokens) knows are a prefix, which all see. A query of padding sees everything, or what
    stands in front of it if there is something: so no row is empty, and there are no NaN.
    """
    queries = hidden.shape[1]
    if attention_mask is None and (queries == 1 or not in_front):
        return None
    causal = torch.ones(queries, in_front + queries, dtype=torch.bool, device=hidden.device).tril(in_front)
    if attention_mask is None:
        return causal[None, None]
    if attention_mask.dim() != 2:
        raise ValueError(f"attention_mask has the shape (batch, tokens); found {tuple(attention_mask.shape)}")
    known = (in_front + queries - attention_mask.shape[1], 0)
    tokens = torch.nn.functional.pad(attention_mask.bool(), known, value=True)
    visible = causal & tokens[:, None]
    blind = ~visible.any(-1, keepdim=True) if in_front else ~tokens[:, :, None]
    return (visible | blind)[:, None]
