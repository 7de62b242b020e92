"""One layer of ChatGLM2-6B, and the stack of them."""

from torch import Tensor, nn
from transformers.modeling_layers import GradientCheckpointingLayer

from train.models.attention import Shared
from train.models.chatglm2.attention import SelfAttention
from train.models.chatglm2.configuration import ChatGLM2Config


class FeedForward(nn.Module):
    """SwiGLU: one projection gives the gate and what it gates."""

    def __init__(self, config: ChatGLM2Config) -> None:
        super().__init__()
        biased = config.add_bias_linear
        self.dense_h_to_4h = nn.Linear(config.hidden_size, 2 * config.ffn_hidden_size, bias=biased)
        self.dense_4h_to_h = nn.Linear(config.ffn_hidden_size, config.hidden_size, bias=biased)

    def forward(self, hidden: Tensor) -> Tensor:
        gate, gated = self.dense_h_to_4h(hidden).chunk(2, dim=-1)
        output: Tensor = self.dense_4h_to_h(nn.functional.silu(gate) * gated)
        return output


class GLMBlock(GradientCheckpointingLayer):
    """A pre-norm layer. Its norms compute in float32 whatever the model is in, as torch's always do."""

    def __init__(self, config: ChatGLM2Config, layer: int) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.hidden_size, eps=config.layernorm_epsilon)
        self.self_attention = SelfAttention(config, layer)
        self.post_attention_layernorm = nn.RMSNorm(config.hidden_size, eps=config.layernorm_epsilon)
        self.mlp = FeedForward(config)

    def forward(
        self, hidden: Tensor, prefix_keys: Tensor | None, prefix_values: Tensor | None, shared: Shared
    ) -> Tensor:
        """What carries gradients has its own place: reentrant checkpointing sees only those."""
        hidden = hidden + self.self_attention(self.input_layernorm(hidden), prefix_keys, prefix_values, shared)
        output: Tensor = hidden + self.mlp(self.post_attention_layernorm(hidden))
        return output


class Embedding(nn.Module):
    """Holds the table under its official name."""

    def __init__(self, config: ChatGLM2Config) -> None:
        super().__init__()
        self.word_embeddings: nn.Module = nn.Embedding(config.padded_vocab_size, config.hidden_size)


class Encoder(nn.Module):
    """Holds the layers and the last norm under their official names."""

    def __init__(self, config: ChatGLM2Config) -> None:
        super().__init__()
        self.layers = nn.ModuleList(GLMBlock(config, layer) for layer in range(config.num_layers))
        self.final_layernorm: nn.Module = nn.Identity()
        if config.post_layer_norm:
            self.final_layernorm = nn.RMSNorm(config.hidden_size, eps=config.layernorm_epsilon)
