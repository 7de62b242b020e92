"""ChatGLM2-6B (and ChatGLM3-6B) as a model of today's transformers, with the official state-dict names."""

from typing import Any

import torch
from torch import Tensor, nn

from train.models.attention import Shared
from train.models.backbone import Call, ChatGLMLayers
from train.models.causal import ChatGLMCausalLM
from train.models.chatglm2.chat import CONVERSATION
from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.chatglm2.layers import Embedding, Encoder
from train.models.chatglm2.positions import visible_keys, with_embeddings_before
from train.models.chatglm2.rotary import rotary_tables


class ChatGLM2Model(ChatGLMLayers):
    """Pre-norm layers with grouped heads, read from left to right.

    The projection to the vocabulary has its official place here, and is used by the whole model.
    """

    config: ChatGLM2Config
    config_class = ChatGLM2Config
    normed_states = False

    def __init__(self, config: ChatGLM2Config) -> None:
        super().__init__(config)
        self.embedding = Embedding(config)
        self.encoder = Encoder(config)
        self.output_layer: nn.Module = nn.Linear(config.hidden_size, config.padded_vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        return self.embedding.word_embeddings

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.embedding.word_embeddings = value

    def blocks(self) -> nn.ModuleList:
        return self.encoder.layers

    def last_norm(self, hidden: Tensor) -> Tensor:
        normed: Tensor = self.encoder.final_layernorm(hidden)
        return normed

    def shared(self, call: Call) -> Shared:
        cos, sin = rotary_tables(self._positions(call), self.config.kv_channels, call.hidden.dtype)
        if call.packed is not None:
            return Shared(cos, sin, None, None, call.packed)
        return Shared(cos, sin, visible_keys(call.hidden, call.attention_mask, call.in_front), call.cache)

    def _positions(self, call: Call) -> Tensor:
        """Positions that are not given go on after those in the cache, where our own prefix does not count."""
        given, tokens = call.positions, call.hidden.shape[1]
        if given is None:
            before = max(call.cached - (self.config.pre_seq_len or 0), 0)
            given = torch.arange(before, before + tokens, device=call.hidden.device)[None]
        return with_embeddings_before(given, tokens - given.shape[1])


class ChatGLM2ForCausalLM(ChatGLMCausalLM):
    """The whole model."""

    config: ChatGLM2Config
    config_class = ChatGLM2Config
    conversation = CONVERSATION
    transformer: ChatGLM2Model

    def __init__(self, config: ChatGLM2Config) -> None:
        super().__init__(config)
        self.transformer = ChatGLM2Model(config)
        self.post_init()

    def get_output_embeddings(self) -> nn.Module:
        return self.transformer.output_layer

    def set_output_embeddings(self, new_embeddings: nn.Module) -> None:
        self.transformer.output_layer = new_embeddings

    def prepare_inputs_for_generation(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Hand on the positions under the name that peft leaves alone."""
        prepared: dict[str, Any] = super().prepare_inputs_for_generation(*args, **kwargs)  # type: ignore[misc]
        counted = prepared.pop("position_ids", None)
        if prepared.get("positions") is None and counted is not None:
            prepared["positions"] = counted
        return prepared
