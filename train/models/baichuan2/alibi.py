"""ALiBi of Baichuan2-13B: no positions, but scores that fall with the distance, in each head at a pace of its own.

Press et al. 2021, https://arxiv.org/abs/2108.12409.
"""

import math

import torch
from torch import Tensor


def slopes(heads: int) -> list[float]:
    """How much a score falls from one token to the next, one number a head.

    A geometric series where the number of heads is a power of two; otherwise that of the power below, and the rest from
    every other number of the series twice as long.
    """
    power = 2 ** int(math.log2(heads))
    series = [2.0 ** (-8 * number / power) for number in range(1, power + 1)]
    between = [2.0 ** (-4 * number / power) for number in range(1, 2 * power + 1, 2)]
    return series + between[: heads - power]


def biases(hidden: Tensor, attention_mask: Tensor | None, in_front: int, heads: int) -> Tensor:
    """What is added to the scores: (batch or 1, heads, queries, in_front + queries), minus infinity where hidden.

    Distances count tokens, not padding (``attention_mask`` (batch, tokens), 0 at padding). Keys in front of those that
    the mask knows are a prefix, which stands before the first token and which all see. A query of padding that would
    see nothing sees everything, so there are no NaN. The official code adds up absolute places when it answers, which
    is the same but for rounding; distances, with which it trains, are exact where it matters, nearby.
    """
    queries, device = hidden.shape[1], hidden.device
    keys = in_front + queries
    tokens = torch.ones(1, keys, dtype=torch.bool, device=device)
    if attention_mask is not None:
        known = attention_mask.bool()
        tokens = torch.nn.functional.pad(known, (keys - known.shape[1], 0), value=True)
    places = tokens.cumsum(-1)
    distances = places[:, -queries:, None] - places[:, None]
    visible = tokens[:, None] & torch.ones(queries, keys, dtype=torch.bool, device=device).tril(in_front)
    visible |= ~visible.any(-1, keepdim=True)
    falling = torch.tensor(slopes(heads), device=device)[:, None, None] * distances[:, None]
    return (-falling).masked_fill(~visible[:, None], -torch.inf).to(hidden.dtype)
