"""One layer of ChatGLM-6B."""

import torch
from torch import Tensor, nn
from transformers.modeling_layers import GradientCheckpointingLayer

from train.models.attention import Shared
from train.models.chatglm.attention import SelfAttention
from train.models.chatglm.configuration import ChatGLM1Config


class FeedForward(nn.Module):
    """Two projections around GELU (its tanh form)."""

    def __init__(self, config: ChatGLM1Config) -> None:
        super().__init__()
        self.dense_h_to_4h = nn.Linear(config.hidden_size, config.inner_hidden_size)
        self.dense_4h_to_h = nn.Linear(config.inner_hidden_size, config.hidden_size)

    def forward(self, hidden: Tensor) -> Tensor:
        inner = nn.functional.gelu(self.dense_h_to_4h(hidden), approximate="tanh")
        output: Tensor = self.dense_4h_to_h(inner)
        return output


class GLMBlock(GradientCheckpointingLayer):
    """A layer whose residual branches start at the *output* of each layer norm, scaled up."""

    def __init__(self, config: ChatGLM1Config, layer: int) -> None:
        super().__init__()
        self.alpha = (2 * config.residual_layers) ** 0.5
        self.input_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layernorm_epsilon)
        self.attention = SelfAttention(config, layer)
        self.post_attention_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layernorm_epsilon)
        self.mlp = FeedForward(config)

    def forward(
        self, hidden: Tensor, prefix_keys: Tensor | None, prefix_values: Tensor | None, shared: Shared
    ) -> Tensor:
        """What carries gradients has its own place: reentrant checkpointing sees only those."""
        normed = self.input_layernorm(hidden)
        hidden = torch.add(self.attention(normed, prefix_keys, prefix_values, shared), normed, alpha=self.alpha)
        normed = self.post_attention_layernorm(hidden)
        return torch.add(self.mlp(normed), normed, alpha=self.alpha)
