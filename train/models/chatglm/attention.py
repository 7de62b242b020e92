"""Self-attention of ChatGLM-6B, through torch's own kernels."""

from torch import Tensor, nn

from train.models.attention import Shared, with_those_before
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.rotary import split_and_turn
from train.models.packing import attend_packed


class SelfAttention(nn.Module):
    """Queries, keys and values come from one projection, interleaved head by head: [q|k|v] of head 0, of head 1, …

    The official code divides the scores by the layer's number and multiplies them back, for float16's sake; torch's
    kernels add up in float32, so it is left out.
    """

    def __init__(self, config: ChatGLM1Config, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.heads = config.num_attention_heads
        self.axes = 2 if config.position_encoding_2d else 1
        self.query_key_value = nn.Linear(config.hidden_size, 3 * config.hidden_size)
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(
        self, hidden: Tensor, prefix_keys: Tensor | None, prefix_values: Tensor | None, shared: Shared
    ) -> Tensor:
        """Attend to the prefix, which is not rotated, the cache and the tokens themselves."""
        qkv = self.query_key_value(hidden).unflatten(-1, (self.heads, -1))
        turned = split_and_turn(qkv, shared.cos.transpose(1, 2), shared.sin.transpose(1, 2), self.axes)
        queries, keys, values = (each.transpose(1, 2) for each in turned)
        before = (prefix_keys, prefix_values)
        if shared.packed is not None:
            attended = attend_packed(queries, (keys, values), before, shared.packed)
        elif shared.slots is not None:
            attended = shared.slots.attend(queries, keys, values)
        else:
            keys, values = with_those_before((keys, values), before, shared.cache, self.layer)
            attended = nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=shared.visible)
        output: Tensor = self.dense(attended.transpose(1, 2).flatten(2))
        return output
