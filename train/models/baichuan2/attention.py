"""Self-attention of Baichuan2, through torch's own kernels."""

from torch import Tensor, nn

from train.models.attention import Shared, with_those_before
from train.models.baichuan2.configuration import Baichuan2Config
from train.models.baichuan2.rotary import rotate
from train.models.packing import attend_packed


class SelfAttention(nn.Module):
    """One projection gives all queries, then all keys, then all values; as many heads of each."""

    def __init__(self, config: Baichuan2Config, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.heads = config.num_attention_heads
        self.is_rotary = config.position_embedding == "rotary"
        self.W_pack = nn.Linear(config.hidden_size, 3 * config.hidden_size, bias=False)
        self.o_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=False)

    def forward(
        self, hidden: Tensor, prefix_keys: Tensor | None, prefix_values: Tensor | None, shared: Shared
    ) -> Tensor:
        """Attend to the prefix, which is not rotated, the cache and the tokens themselves."""
        sides = self.W_pack(hidden).unflatten(-1, (3, self.heads, -1)).transpose(1, 3)
        queries, keys, values = sides.unbind(2)
        if self.is_rotary:
            queries, keys = (rotate(side, shared.cos, shared.sin) for side in (queries, keys))
        before = (prefix_keys, prefix_values)
        if shared.packed is not None:
            attended = attend_packed(queries, (keys, values), before, shared.packed)
        else:
            keys, values = with_those_before((keys, values), before, shared.cache, self.layer)
            is_causal = shared.visible is None and queries.shape[2] > 1
            attended = nn.functional.scaled_dot_product_attention(
                queries, keys, values, attn_mask=shared.visible, is_causal=is_causal
            )
        output: Tensor = self.o_proj(attended.transpose(1, 2).flatten(2))
        return output
