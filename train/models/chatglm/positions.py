"""Where the answer starts, who sees whom, and the two-dimensional positions: from the ids, once a batch.

A row is ``prompt … [gMASK] <sop> answer``. Its *context* (all before ``<sop>``) is read in both directions, the rest
from left to right. Nothing here looks at a value on the host, so the device is never waited for. A row without
``<sop>`` has no context; one without a mask token takes its last prompt token for it (the official code fails on both).
"""

from collections.abc import Mapping
from typing import TypedDict

import torch
from torch import Tensor

from train.models.chatglm.configuration import ChatGLM1Config


class Layout(TypedDict):
    """What a batch's ids say about masks and positions, under names that peft hands through untouched."""

    context_lengths: Tensor
    """(batch,): the column of each row's first ``<sop>``, padding counted in."""
    positions: Tensor
    """(batch, axes, length): position and block of each token; only the position without ``position_encoding_2d``."""


def layout(input_ids: Tensor, config: ChatGLM1Config, attention_mask: Tensor | None = None) -> Layout:
    """Compute context lengths and positions; ``attention_mask`` (batch, length) is 1 for tokens, 0 for padding."""
    padding = _left_padding(input_ids, attention_mask)[:, None]
    context = _first(input_ids.eq(config.bos_token_id), otherwise=padding)
    place, is_gmask = _mask_token(input_ids, context, config)
    columns = torch.arange(input_ids.shape[1], device=input_ids.device)
    in_answer = columns >= context
    counted = columns - padding
    if config.position_encoding_2d:
        block = torch.where(in_answer, columns - context + 1, 0)
        positions = torch.stack((torch.where(in_answer, place - padding, counted), block), dim=1)
    else:
        positions = torch.where(in_answer & ~is_gmask, place - padding, counted)[:, None]
    return {"context_lengths": context[:, 0], "positions": positions.clamp(min=0)}


def layout_of_call(
    input_ids: Tensor | None, config: ChatGLM1Config, attention_mask: Tensor | None, given: Mapping[str, Tensor | None]
) -> Layout:
    """Complete what a call of the model was ``given`` of its layout with what the ids say."""
    positions, context_lengths = given["positions"], given["context_lengths"]
    if positions is not None and positions.dim() == 2:
        positions = positions[:, None]
    if positions is None or context_lengths is None:
        if input_ids is None:
            raise ValueError("inputs_embeds need the positions and context_lengths that layout() makes of their ids")
        two_dimensional = attention_mask is not None and attention_mask.dim() == 2
        mask = attention_mask[:, -input_ids.shape[1] :] if attention_mask is not None and two_dimensional else None
        found = layout(input_ids, config, mask)
        positions = found["positions"] if positions is None else positions
        context_lengths = found["context_lengths"] if context_lengths is None else context_lengths
    return {"context_lengths": context_lengths, "positions": positions}


def continued(positions: Tensor, length: int) -> Tensor:
    """Positions of a row that an answer makes longer: each axis goes on as its last two columns do.

    So the block counts up, and the position stands still. Shapes: (batch, axes, prompt) -> (batch, axes, length).
    """
    prompt = positions.shape[-1]
    if length <= prompt:
        return positions
    last, before = positions[..., -1:], positions[..., max(prompt - 2, 0)].unsqueeze(-1)
    steps = torch.arange(1, length - prompt + 1, device=positions.device)
    return torch.cat((positions, last + (last - before).clamp(0, 1) * steps), dim=-1)


def with_embeddings_before(places: Layout, count: int) -> Layout:
    """Make room for ``count`` embeddings that a prompt method put before the tokens, as part of the context.

    They take the positions before zero. Rotary attention knows only distances: this is the same as moving every token
    to the right, and the tokens keep their positions when the cache goes on later.
    """
    if count <= 0:
        return places
    batch, axes, _ = places["positions"].shape
    before = torch.zeros(batch, axes, count, dtype=torch.long, device=places["positions"].device)
    before[:, 0] = torch.arange(-count, 0, device=before.device)
    return {
        "context_lengths": places["context_lengths"] + count,
        "positions": torch.cat((before, places["positions"]), dim=-1),
    }


def visible_keys(context_lengths: Tensor, attention_mask: Tensor | None, *, queries: int, keys: int) -> Tensor | None:
    """The mask for torch's attention, True where the query sees the key; None where every one sees every one."""
    if attention_mask is not None and attention_mask.dim() == 4:
        return visibility_of_official_mask(attention_mask, keys)
    if queries == 1 and attention_mask is None:
        return None
    return visibility(context_lengths, attention_mask, queries=queries, keys=keys)


def visibility(context_lengths: Tensor, attention_mask: Tensor | None, *, queries: int, keys: int) -> Tensor:
    """Who may attend to whom: True where the query sees the key, (batch, 1, queries, keys).

    Keys before the queries (a cache, a prefix) are visible to all, unless ``attention_mask`` says they are padding.
    Every query sees itself, so that the rows of padding have something to attend to: no NaN. (The official code adds
    -10000 instead, which spreads a padding row evenly over all keys; nothing reads those rows.)
    """
    front = keys - queries
    columns = torch.arange(keys, device=context_lengths.device)
    itself = columns[front:, None]
    visible = (columns <= itself) | (columns < (context_lengths + front)[:, None, None])
    if attention_mask is not None:
        visible = visible & padded_left(attention_mask.bool(), keys)[:, None] | (columns == itself)
    return visible[:, None]


def visibility_of_official_mask(masked: Tensor, keys: int) -> Tensor:
    """The same from a mask of the official tokenizer: (batch, 1, queries, tokens), True where hidden."""
    if masked.dtype != torch.bool:
        raise TypeError(f"a four-dimensional attention_mask is boolean, True where hidden; found {masked.dtype}")
    visible = padded_left(~masked, keys)
    itself = torch.arange(keys - masked.shape[-2], keys, device=masked.device)[:, None]
    return visible | (torch.arange(keys, device=masked.device) == itself)


def padded_left(visible: Tensor, keys: int) -> Tensor:
    """Declare visible the keys that stand before those the mask knows."""
    return torch.nn.functional.pad(visible, (keys - visible.shape[-1], 0), value=True)


def _left_padding(input_ids: Tensor, attention_mask: Tensor | None) -> Tensor:
    if attention_mask is None:
        return torch.zeros(input_ids.shape[0], dtype=torch.long, device=input_ids.device)
    return (attention_mask.cumsum(-1) == 0).sum(-1)


def _first(found: Tensor, *, otherwise: Tensor) -> Tensor:
    return torch.where(found.any(-1, keepdim=True), found.long().argmax(-1, keepdim=True), otherwise)


def _mask_token(input_ids: Tensor, context: Tensor, config: ChatGLM1Config) -> tuple[Tensor, Tensor]:
    """The column of [gMASK], else of [MASK]; and whether it is the former. Only the prompt is searched."""
    in_prompt = torch.arange(input_ids.shape[1], device=input_ids.device) < context
    gmask = input_ids.eq(config.gmask_token_id) & in_prompt
    mask = input_ids.eq(config.mask_token_id) & in_prompt
    place = _first(gmask, otherwise=_first(mask, otherwise=(context - 1).clamp(min=0)))
    return place, gmask.any(-1, keepdim=True)
