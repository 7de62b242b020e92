"""Self-attention of ChatGLM2-6B, through torch's own kernels: many query heads share each key-value head."""

from torch import Tensor, nn

from train.models.attention import Shared, with_those_before
from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.chatglm2.rotary import rotate
from train.models.packing import attend_packed


class SelfAttention(nn.Module):
    """One projection gives all queries, then keys and values of the groups; neighbouring heads share a group."""

    def __init__(self, config: ChatGLM2Config, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.head_size = config.kv_channels
        self.heads, self.groups = config.num_attention_heads, config.multi_query_group_num
        width = (self.heads + 2 * self.groups) * self.head_size
        biased = config.add_qkv_bias or config.add_bias_linear
        self.query_key_value = nn.Linear(config.hidden_size, width, bias=biased)
        self.dense = nn.Linear(self.heads * self.head_size, config.hidden_size, bias=config.add_bias_linear)

    def forward(
        self, hidden: Tensor, prefix_keys: Tensor | None, prefix_values: Tensor | None, shared: Shared
    ) -> Tensor:
        """Attend to the prefix, which is not rotated, the cache and the tokens themselves."""
        heads = self.query_key_value(hidden).unflatten(-1, (-1, self.head_size))
        turning, values = heads.tensor_split([self.heads + self.groups], dim=2)
        turned = rotate(turning, shared.cos.transpose(1, 2), shared.sin.transpose(1, 2))
        queries, keys, values = (each.transpose(1, 2) for each in (*turned.tensor_split([self.heads], dim=2), values))
        before = (prefix_keys, prefix_values)
        if shared.packed is not None:
            attended = attend_packed(queries, (keys, values), before, shared.packed)
        elif shared.slots is not None:
            attended = shared.slots.attend(queries, keys, values)
        else:
            keys, values = with_those_before((keys, values), before, shared.cache, self.layer)
            attended = attend(queries, keys, values, shared.visible)
        output: Tensor = self.dense(attended.transpose(1, 2).flatten(2))
        return output


def attend(queries: Tensor, keys: Tensor, values: Tensor, visible: Tensor | None) -> Tensor:
    """Attention of grouped heads. Shapes: (batch, heads, length, head_size); keys and values have fewer heads.

    For a lone query the heads of a group stand as rows of one product, so that its keys need not be copied for each.
    """
    attention = nn.functional.scaled_dot_product_attention
    shared = queries.shape[1] // keys.shape[1]
    if queries.shape[2] == 1:
        rows = queries.view(queries.shape[0], keys.shape[1], shared, -1)
        return attention(rows, keys, values, attn_mask=visible).flatten(1, 2).unsqueeze(2)
    keys, values = (side.repeat_interleave(shared, dim=1) for side in (keys, values))
    return attention(queries, keys, values, attn_mask=visible, is_causal=visible is None)
