"""Baichuan2 as a model of today's transformers, with the official state-dict names."""

from torch import Tensor, nn

from schemas.errors import ModelError
from train.models.attention import Shared
from train.models.backbone import Call
from train.models.baichuan2.alibi import biases
from train.models.baichuan2.chat import CONVERSATION
from train.models.baichuan2.configuration import Baichuan2Config
from train.models.baichuan2.layers import BaichuanLayer, NormHead
from train.models.baichuan2.rotary import rotary_tables
from train.models.chatglm2.positions import visible_keys
from train.models.left_to_right import LeftToRightLayers, LeftToRightLM


class BaichuanModel(LeftToRightLayers):
    """Pre-norm layers, read from left to right."""

    config: Baichuan2Config
    config_class = Baichuan2Config
    base_model_prefix = "model"
    _no_split_modules = ["BaichuanLayer"]  # noqa: RUF012 (the library's way)

    def __init__(self, config: Baichuan2Config) -> None:
        super().__init__(config)
        self.embed_tokens: nn.Module = nn.Embedding(config.vocab_size, config.hidden_size, config.pad_token_id)
        self.layers = nn.ModuleList(BaichuanLayer(config, layer) for layer in range(config.num_hidden_layers))
        self.norm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        return self.embed_tokens

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.embed_tokens = value

    def blocks(self) -> nn.ModuleList:
        return self.layers

    def last_norm(self, hidden: Tensor) -> Tensor:
        normed: Tensor = self.norm(hidden)
        return normed

    def shared(self, call: Call) -> Shared:
        heads = self.config.num_attention_heads
        if self.config.position_embedding == "alibi":
            if call.packed is not None:
                raise ModelError("packed examples: Baichuan2-13B lowers scores by distance (ALiBi); train it unpacked")
            nothing = call.hidden.new_empty(0)
            return Shared(nothing, nothing, biases(call.hidden, call.attention_mask, call.in_front, heads), call.cache)
        cos, sin = rotary_tables(self.positions(call), self.config.hidden_size // heads)
        if call.packed is not None:
            return Shared(cos, sin, None, None, call.packed)
        return Shared(cos, sin, visible_keys(call.hidden, call.attention_mask, call.in_front), call.cache)


class BaichuanForCausalLM(LeftToRightLM):
    """The whole model."""

    config: Baichuan2Config
    config_class = Baichuan2Config
    base_model_prefix = "model"
    _no_split_modules = ["BaichuanLayer"]  # noqa: RUF012 (the library's way)
    conversation = CONVERSATION

    def __init__(self, config: Baichuan2Config) -> None:
        super().__init__(config)
        self.model = BaichuanModel(config)
        self.lm_head: nn.Module = NormHead(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def get_output_embeddings(self) -> nn.Module:
        return self.lm_head

    def set_output_embeddings(self, new_embeddings: nn.Module) -> None:
        """An ordinary projection, as transformers makes when the vocabulary grows, is taken for its rows."""
        if type(new_embeddings) is nn.Linear:
            rows, new_embeddings = new_embeddings.weight, NormHead(1, 1, bias=False)
            new_embeddings.weight, (new_embeddings.out_features, new_embeddings.in_features) = rows, rows.shape
        self.lm_head = new_embeddings
