"""One layer of Baichuan2, and its projection to the vocabulary."""

import torch
from torch import Tensor, nn
from transformers.modeling_layers import GradientCheckpointingLayer

from train.models.attention import Shared
from train.models.baichuan2.attention import SelfAttention
from train.models.baichuan2.configuration import Baichuan2Config


class FeedForward(nn.Module):
    """SwiGLU, in three projections."""

    def __init__(self, config: Baichuan2Config) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        output: Tensor = self.down_proj(nn.functional.silu(self.gate_proj(hidden)) * self.up_proj(hidden))
        return output


class BaichuanLayer(GradientCheckpointingLayer):
    """A pre-norm layer. Its norms compute in float32 whatever the model is in, as torch's always do."""

    def __init__(self, config: Baichuan2Config, layer: int) -> None:
        super().__init__()
        self.self_attn = SelfAttention(config, layer)
        self.mlp = FeedForward(config)
        self.input_layernorm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.post_attention_layernorm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)

    def forward(
        self, hidden: Tensor, prefix_keys: Tensor | None, prefix_values: Tensor | None, shared: Shared
    ) -> Tensor:
        """What carries gradients has its own place: reentrant checkpointing sees only those."""
        hidden = hidden + self.self_attn(self.input_layernorm(hidden), prefix_keys, prefix_values, shared)
        output: Tensor = hidden + self.mlp(self.post_attention_layernorm(hidden))
        return output


class NormHead(nn.Linear):
    """The vocabulary's projection, each word's row at unit length: a logit is the length of the state times a cosine.

    The official code divides the rows; here the logits are divided by the rows' lengths, which is the same and copies
    no weights. The lengths are taken anew each time, so that the weights stay what the file holds.
    """

    def forward(self, hidden: Tensor) -> Tensor:
        lengths = torch.linalg.vector_norm(self.weight, dim=-1, dtype=torch.float32).clamp(min=1e-12)
        logits: Tensor = super().forward(hidden)
        scaled: Tensor = logits * lengths.reciprocal().to(logits.dtype)
        return scaled
