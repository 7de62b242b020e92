"""The prefix of P-Tuning v2 for any model of transformers: its attention sees trained keys and values before its own.

peft hands a prefix to a model as the beginning of its cache, which grouped heads, caches of other classes, gradient
checkpointing and left padding each break in some model. Here every layer's attention function puts the prefix in
front of keys and values on the way to the kernel: no cache knows of it, heads are counted as the layer has them, and
positions stay what they were, as in ChatGLM, whose prefix is not rotated either.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, AttentionMaskInterface
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from schemas.errors import OptionError
from train.models.prefix import KeyValue, PrefixEncoder

_NAMES = {"sdpa": "prefixed_sdpa", "eager": "prefixed_eager"}
_PLACE = "prefix_place"


class _Prefixes:
    """Keys and values of the batch that is on its way, one pair a layer; a copy of a model has its own."""

    def __init__(self) -> None:
        self.pairs: list[KeyValue] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Prefixes":
        memo[id(self)] = copy = _Prefixes()
        return copy


def attach_prefix(
    model: Any, attentions: list[nn.Module], length: int, *, projection: bool, dropout: float
) -> PrefixEncoder:
    """Give a model a prefix encoder, in float32, that the attention of each layer looks at; it starts anew.

    Raises OptionError for a model whose attention takes nothing from outside.
    """
    if not getattr(model, "_supports_attention_backend", False):
        raise OptionError(f"{type(model).__name__}: its attention takes no prefix; choose --method lora")
    config = model.config
    config.pre_seq_len, config.prefix_projection, config.prefix_dropout = length, projection, dropout
    width = len(attentions) * sum(_widths(config))
    with model.device:
        encoder = PrefixEncoder(config, width=width).float().train(model.training)
        model.prefix_dropout = nn.Dropout(dropout).train(model.training)
    model.prefix_encoder, prefixes = encoder, _Prefixes()
    for number, attention in enumerate(attentions):
        attention.__dict__[_PLACE] = (prefixes, number)
    model.__dict__["prefixes"] = prefixes
    model.set_attn_implementation(_registered("sdpa" if model._supports_sdpa else "eager"))
    model.register_forward_pre_hook(_make_pairs, with_kwargs=True)
    return encoder


def _sizes(config: Any) -> tuple[int, int, int]:
    """Heads of keys and values that a layer hands to its kernel, and the widths of one key and of one value."""
    heads = config.num_attention_heads
    if getattr(config, "kv_lora_rank", None):  # latent attention: each head has keys of its own once they are unfolded
        return heads, config.qk_nope_head_dim + config.qk_rope_head_dim, config.v_head_dim
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    return getattr(config, "num_key_value_heads", None) or heads, size, size


def _widths(config: Any) -> list[int]:
    """Of all keys of a layer, and of all its values: in this order they stand in a row, as in the official layout."""
    heads, key_size, value_size = _sizes(config)
    return [heads * key_size, heads * value_size]


def _make_pairs(model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Once a batch, before its first layer; without ``pre_seq_len`` the base answers alone."""
    prefixes: _Prefixes = model.__dict__["prefixes"]
    prefixes.pairs = []
    if not model.config.pre_seq_len:
        return
    named = (kwargs.get(name) for name in ("input_ids", "inputs_embeds"))
    given = next(tensor for tensor in (*args, *named) if tensor is not None)
    widths = _widths(model.config)
    rows: Tensor = model.prefix_encoder().to(model.dtype)
    table = model.prefix_dropout(rows.expand(len(given), -1, -1)).unflatten(-1, (-1, sum(widths)))
    sides = (
        side.unflatten(-1, (_sizes(model.config)[0], -1)).permute(2, 0, 3, 1, 4) for side in table.split(widths, -1)
    )
    prefixes.pairs = list(zip(*sides, strict=True))


def _registered(kernel: str) -> str:
    name = _NAMES[kernel]
    AttentionInterface.register(name, _prefixed_sdpa if kernel == "sdpa" else _prefixed_eager)
    AttentionMaskInterface.register(name, ALL_MASK_ATTENTION_FUNCTIONS[kernel])
    return name


def _prefixed_sdpa(module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **options: Any) -> Any:
    key, value, mask = _with_prefix(module, query, key, value, mask)
    return ALL_ATTENTION_FUNCTIONS["sdpa"](module, query, key, value, mask, **options)


def _prefixed_eager(module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **options: Any) -> Any:
    """Each file of transformers has an eager attention of its own."""
    import sys

    key, value, mask = _with_prefix(module, query, key, value, mask)
    eager = sys.modules[type(module).__module__].eager_attention_forward
    return eager(module, query, key, value, mask, **options)


def _with_prefix(
    module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Keys, values and mask with those of the prefix in front, which every query sees.

    Shapes: (batch, heads, length, size); mask (batch or 1, heads or 1, queries, keys), True or 0 where a key is seen.
    """
    prefixes, number = module.__dict__.get(_PLACE, (None, 0))
    if prefixes is None or not prefixes.pairs:
        return key, value, mask
    keys, values = prefixes.pairs[number]
    queries, seen, length = query.shape[2], key.shape[2], keys.shape[2]
    if mask is None and queries > 1:
        mask = torch.ones(queries, seen, dtype=torch.bool, device=key.device).tril(seen - queries)[None, None]
    if mask is not None:
        mask = nn.functional.pad(mask[..., :seen], (length, 0), value=True if mask.dtype == torch.bool else 0.0)
    return torch.cat((keys, key), dim=2), torch.cat((values, value), dim=2), mask
