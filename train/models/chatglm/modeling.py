"""ChatGLM-6B as a model of today's transformers, with the official state-dict names."""

from typing import Any

from torch import Tensor, nn
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import Cache
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast
from transformers.utils.generic import can_return_tuple

from train.models.chatglm.attention import Shared
from train.models.chatglm.chat import chat, stream_chat
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.generation import ChatGLMGenerationMixin
from train.models.chatglm.layers import GLMBlock
from train.models.chatglm.positions import Layout, layout_of_call, visible_keys, with_embeddings_before
from train.models.chatglm.rotary import rotary_tables
from train.models.prefix import KeyValue, PrefixEncoder, PrefixProjection, PrefixTable, prefix_keys_and_values
from train.models.tokenizer import ChatGLMTokenizer
from train.prompts import Turns


class ChatGLMPreTrainedModel(PreTrainedModel):
    """What transformers asks about every model of the family."""

    config: ChatGLM1Config
    config_class = ChatGLM1Config
    base_model_prefix = "transformer"
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _no_split_modules = ["GLMBlock"]  # noqa: RUF012 (the library's way)
    _skip_keys_device_placement = ["past_key_values"]  # noqa: RUF012
    _keys_to_ignore_on_load_unexpected = [r"rotary_emb\.inv_freq$"]  # noqa: RUF012

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, PrefixTable | PrefixProjection):
            module.reset_parameters()
        else:
            super()._init_weights(module)  # type: ignore[no-untyped-call]


class ChatGLMModel(ChatGLMPreTrainedModel):
    """The layers without the vocabulary's projection."""

    def __init__(self, config: ChatGLM1Config) -> None:
        super().__init__(config)
        self.gradient_checkpointing = False
        self.word_embeddings: nn.Module = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(GLMBlock(config, layer) for layer in range(config.num_layers))
        self.final_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layernorm_epsilon)
        if config.pre_seq_len:
            self.prefix_encoder = PrefixEncoder(config, width=2 * config.num_layers * config.hidden_size)
            self.dropout = nn.Dropout(config.prefix_dropout)
        self.post_init()  # type: ignore[no-untyped-call]

    def get_input_embeddings(self) -> nn.Module:
        return self.word_embeddings

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.word_embeddings = value

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        past_key_values: Cache | None = None,
        use_cache: bool | None = None,
        context_lengths: Tensor | None = None,
        positions: Tensor | None = None,
        output_hidden_states: bool | None = None,
    ) -> BaseModelOutputWithPast:
        """Run the layers; ``ChatGLMForCausalLM.forward`` says what the arguments are."""
        hidden = self.word_embeddings(input_ids) if inputs_embeds is None else inputs_embeds
        positions = position_ids if positions is None else positions
        if positions is None and hidden.shape[1] == 1 and _length(past_key_values):
            raise ValueError("a token after cached ones needs its positions: its id alone does not tell them")
        given = {"positions": positions, "context_lengths": context_lengths}
        places = layout_of_call(input_ids, self.config, attention_mask, given)
        if use_cache is None:
            use_cache = self.config.use_cache and not self.training
        if use_cache and past_key_values is None:
            past_key_values = DynamicCache(config=self.config)
        prefix, cache = self._before_the_tokens(hidden, past_key_values)
        in_front = _length(cache) + (prefix[0][0].shape[2] if prefix else 0)
        shared = self._shared(hidden, places, attention_mask, cache, in_front)
        states = []
        for number, block in enumerate(self.layers):
            states.append(hidden)
            hidden = block(hidden, *(prefix[number] if prefix else (None, None)), shared)
        hidden = self.final_layernorm(hidden)
        all_states = (*states, hidden) if output_hidden_states else None
        return BaseModelOutputWithPast(last_hidden_state=hidden, past_key_values=cache, hidden_states=all_states)

    def _before_the_tokens(self, hidden: Tensor, cache: Cache | None) -> tuple[list[KeyValue] | None, Cache | None]:
        """Find the keys and values in front: those of the prefix encoder at first, those of the cache from then on.

        Gradient checkpointing runs a layer twice, which must not fill the cache twice: it reads it as a prefix.
        """
        kept = None if self.training and self.gradient_checkpointing else cache
        if cache is not None and _length(cache):
            layers: list[Any] = cache.layers
            return (None if kept else [(layer.keys, layer.values) for layer in layers]), kept
        if not self.config.pre_seq_len:
            return None, kept
        prefix = prefix_keys_and_values(
            self.prefix_encoder(),
            batch=hidden.shape[0],
            layers=self.config.num_layers,
            heads=self.config.num_attention_heads,
            dropout=self.dropout,
            dtype=hidden.dtype,
        )
        return prefix, kept

    def _shared(
        self, hidden: Tensor, places: Layout, attention_mask: Tensor | None, cache: Cache | None, in_front: int
    ) -> Shared:
        queries = hidden.shape[1]
        places = with_embeddings_before(places, queries - places["positions"].shape[-1])
        head_size = self.config.hidden_size // self.config.num_attention_heads
        cos, sin = rotary_tables(places["positions"], head_size, hidden.dtype)
        visible = visible_keys(places["context_lengths"], attention_mask, queries=queries, keys=in_front + queries)
        return Shared(cos=cos, sin=sin, visible=visible, cache=cache)


class ChatGLMForCausalLM(ChatGLMPreTrainedModel, ChatGLMGenerationMixin):
    """ChatGLM-6B with its vocabulary: what the official code calls ChatGLMForConditionalGeneration."""

    _tied_weights_keys = {"lm_head.weight": "transformer.word_embeddings.weight"}  # noqa: RUF012

    def __init__(self, config: ChatGLM1Config) -> None:
        super().__init__(config)
        self.transformer = ChatGLMModel(config)
        self.lm_head: nn.Module = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()  # type: ignore[no-untyped-call]

    def get_output_embeddings(self) -> nn.Module:
        return self.lm_head

    def set_output_embeddings(self, new_embeddings: nn.Module) -> None:
        self.lm_head = new_embeddings

    def chat(self, tokenizer: ChatGLMTokenizer, query: str, history: Turns | None = None, **options: Any) -> Any:
        """Answer a question; see ``chat.chat``, which takes models wrapped by peft too."""
        return chat(self, tokenizer, query, history, **options)

    def stream_chat(self, tokenizer: ChatGLMTokenizer, query: str, history: Turns | None = None, **options: Any) -> Any:
        """Answer a question, token by token; see ``chat.stream_chat``."""
        return stream_chat(self, tokenizer, query, history, **options)

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        past_key_values: Cache | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | Tensor = 0,
        context_lengths: Tensor | None = None,
        positions: Tensor | None = None,
        output_hidden_states: bool | None = None,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """Compute logits, and the loss where there are labels (-100 is left out; the labels are shifted here).

        ``attention_mask`` is (batch, tokens), 0 at padding, or the official tokenizer's (batch, 1, tokens, tokens),
        True where *hidden*. ``positions`` and ``context_lengths`` are what ``layout`` makes of the ids; where they are
        missing they are computed here. ``position_ids`` is the official name of ``positions``: peft drops it, or shifts
        it where nothing is to be shifted, hence the second name. ``logits_to_keep`` 0 keeps all.
        """
        outputs = self.transformer(
            input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            inputs_embeds=inputs_embeds,
            past_key_values=past_key_values,
            use_cache=use_cache,
            context_lengths=context_lengths,
            positions=positions,
            output_hidden_states=output_hidden_states,
        )
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = self.lm_head(outputs.last_hidden_state[:, kept])
        loss = None
        if labels is not None:
            loss = self.loss_function(logits=logits, labels=labels, vocab_size=self.config.vocab_size, **kwargs)
        return CausalLMOutputWithPast(
            loss=loss, logits=logits, past_key_values=outputs.past_key_values, hidden_states=outputs.hidden_states
        )


def _length(cache: Cache | None) -> int:
    return 0 if cache is None else int(cache.get_seq_length())
