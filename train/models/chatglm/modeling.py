"""ChatGLM-6B as a model of today's transformers, with the official state-dict names."""

from torch import Tensor, nn

from train.models.attention import Shared
from train.models.backbone import Call, NativeLayers
from train.models.causal import NativeCausalLM
from train.models.chatglm.chat import CONVERSATION
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.generation import ChatGLMGenerationMixin
from train.models.chatglm.layers import GLMBlock
from train.models.chatglm.positions import layout_of_call, visible_keys, with_embeddings_before
from train.models.chatglm.rotary import rotary_tables


class ChatGLMModel(NativeLayers):
    """A prompt that is read in both directions, two axes of positions, layers scaled at their norms."""

    config: ChatGLM1Config
    config_class = ChatGLM1Config

    def __init__(self, config: ChatGLM1Config) -> None:
        super().__init__(config)
        self.word_embeddings: nn.Module = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(GLMBlock(config, layer) for layer in range(config.num_layers))
        self.final_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layernorm_epsilon)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        return self.word_embeddings

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.word_embeddings = value

    def blocks(self) -> nn.ModuleList:
        return self.layers

    def last_norm(self, hidden: Tensor) -> Tensor:
        normed: Tensor = self.final_layernorm(hidden)
        return normed

    def shared(self, call: Call) -> Shared:
        queries = call.hidden.shape[1]
        head_size = self.config.hidden_size // self.config.num_attention_heads
        if call.packed is not None and call.positions is not None:
            cos, sin = rotary_tables(call.positions, head_size, call.hidden.dtype)
            return Shared(cos, sin, None, None, call.packed)
        if call.positions is None and queries == 1 and call.cached:
            raise ValueError("a token after cached ones needs its positions: its id alone does not tell them")
        given = {"positions": call.positions, "context_lengths": call.context_lengths}
        places = layout_of_call(call.input_ids, self.config, call.attention_mask, given)
        places = with_embeddings_before(places, queries - places["positions"].shape[-1])
        cos, sin = rotary_tables(places["positions"], head_size, call.hidden.dtype)
        keys = call.in_front + queries
        visible = visible_keys(places["context_lengths"], call.attention_mask, queries=queries, keys=keys)
        return Shared(cos, sin, visible, call.cache)


class ChatGLMForCausalLM(ChatGLMGenerationMixin, NativeCausalLM):
    """ChatGLM-6B with its vocabulary: what the official code calls ChatGLMForConditionalGeneration."""

    config: ChatGLM1Config
    config_class = ChatGLM1Config
    conversation = CONVERSATION
    _tied_weights_keys = {"lm_head.weight": "transformer.word_embeddings.weight"}  # noqa: RUF012

    def __init__(self, config: ChatGLM1Config) -> None:
        super().__init__(config)
        self.transformer = ChatGLMModel(config)
        self.lm_head: nn.Module = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def get_output_embeddings(self) -> nn.Module:
        return self.lm_head

    def set_output_embeddings(self, new_embeddings: nn.Module) -> None:
        self.lm_head = new_embeddings
