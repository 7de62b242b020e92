"""ChatGLM2-6B (and ChatGLM3-6B) as a model of today's transformers, with the official state-dict names."""

from torch import Tensor, nn

from train.models.attention import Shared
from train.models.backbone import Call
from train.models.chatglm2.chat import CONVERSATION
from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.chatglm2.layers import Embedding, Encoder
from train.models.chatglm2.positions import visible_keys
from train.models.chatglm2.rotary import rotary_tables
from train.models.left_to_right import LeftToRightLayers, LeftToRightLM


class ChatGLM2Model(LeftToRightLayers):
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
        cos, sin = rotary_tables(self.positions(call), self.config.kv_channels, call.hidden.dtype)
        if call.packed is not None:
            return Shared(cos, sin, None, None, call.packed)
        return Shared(cos, sin, visible_keys(call.hidden, call.attention_mask, call.in_front), call.cache)


class ChatGLM2ForCausalLM(LeftToRightLM):
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
