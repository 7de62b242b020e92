"""ChatGLM2-6B (and ChatGLM3-6B) as a model of today's transformers, with the official state-dict names."""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import DynamicCache, GenerationMixin, PreTrainedModel
from transformers.cache_utils import Cache
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast
from transformers.utils.generic import can_return_tuple

from train.models.chatglm2.attention import Shared, quick_kernels
from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.chatglm2.layers import Embedding, Encoder
from train.models.chatglm2.positions import visible_keys, with_embeddings_before
from train.models.chatglm2.rotary import rotary_tables
from train.models.prefix import KeyValue, PrefixEncoder, PrefixProjection, PrefixTable, prefix_keys_and_values


class ChatGLM2PreTrainedModel(PreTrainedModel):
    """What transformers asks about every model of the family."""

    config: ChatGLM2Config
    config_class = ChatGLM2Config
    base_model_prefix = "transformer"
    supports_gradient_checkpointing = True
    _no_split_modules = ["GLMBlock"]  # noqa: RUF012 (the library's way)
    _skip_keys_device_placement = ["past_key_values"]  # noqa: RUF012
    _keys_to_ignore_on_load_unexpected = [r"rotary_pos_emb\.inv_freq$"]  # noqa: RUF012
    _supports_sdpa = True

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, PrefixTable | PrefixProjection):
            module.reset_parameters()
        else:
            super()._init_weights(module)  # type: ignore[no-untyped-call]


class ChatGLM2Model(ChatGLM2PreTrainedModel):
    """The layers; the projection to the vocabulary has its official place here, and is used by the whole model."""

    def __init__(self, config: ChatGLM2Config) -> None:
        super().__init__(config)
        self.gradient_checkpointing = False
        self.embedding = Embedding(config)
        self.encoder = Encoder(config)
        self.output_layer: nn.Module = nn.Linear(config.hidden_size, config.padded_vocab_size, bias=False)
        if config.pre_seq_len:
            width = 2 * config.num_layers * config.multi_query_group_num * config.kv_channels
            self.prefix_encoder = PrefixEncoder(config, width=width, table_width=width)
            self.dropout = nn.Dropout(config.prefix_dropout)
        self.post_init()  # type: ignore[no-untyped-call]

    def get_input_embeddings(self) -> nn.Module:
        return self.embedding.word_embeddings

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.embedding.word_embeddings = value

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        past_key_values: Cache | None = None,
        use_cache: bool | None = None,
        positions: Tensor | None = None,
        output_hidden_states: bool | None = None,
    ) -> BaseModelOutputWithPast:
        """Run the layers; ``ChatGLM2ForCausalLM.forward`` says what the arguments are.

        ``hidden_states`` end before the last norm, as the official ones do.
        """
        hidden = self.get_input_embeddings()(input_ids) if inputs_embeds is None else inputs_embeds
        if use_cache is None:
            use_cache = self.config.use_cache and not self.training
        if use_cache and past_key_values is None:
            past_key_values = DynamicCache(config=self.config)
        positions = self._positions(hidden, position_ids if positions is None else positions, past_key_values)
        prefix, cache = self._before_the_tokens(hidden, past_key_values)
        in_front = _length(cache) + (prefix[0][0].shape[2] if prefix else 0)
        cos, sin = rotary_tables(positions, self.config.kv_channels, hidden.dtype)
        shared = Shared(cos, sin, visible_keys(hidden, attention_mask, in_front), cache)
        states: tuple[Tensor, ...] | None = (hidden,) if output_hidden_states else None
        with quick_kernels():
            for number, block in enumerate(self.encoder.layers):
                hidden = block(hidden, *(prefix[number] if prefix else (None, None)), shared)
                states = (*states, hidden) if states else None
        return BaseModelOutputWithPast(
            last_hidden_state=self.encoder.final_layernorm(hidden),
            past_key_values=cache,
            hidden_states=states,
        )

    def _positions(self, hidden: Tensor, given: Tensor | None, cache: Cache | None) -> Tensor:
        """Positions that are not given go on after those in the cache, where our own prefix does not count."""
        if given is None:
            before = max(_length(cache) - (self.config.pre_seq_len or 0), 0)
            given = torch.arange(before, before + hidden.shape[1], device=hidden.device)[None]
        return with_embeddings_before(given, hidden.shape[1] - given.shape[1])

    def _before_the_tokens(self, hidden: Tensor, cache: Cache | None) -> tuple[list[KeyValue] | None, Cache | None]:
        """Find the keys and values in front: those of the prefix encoder at first, those of the cache from then on.

        Gradient checkpointing runs a layer twice, which must not fill the cache twice: it reads it as a prefix.
        """
        kept = None if self.training and self.gradient_checkpointing else cache
        if cache is not None and _length(cache):
            layers: list[Any] = cache.layers
            return ([(layer.keys, layer.values) for layer in layers] if kept is None else None), kept
        if not self.config.pre_seq_len:
            return None, kept
        prefix = prefix_keys_and_values(
            self.prefix_encoder(),
            batch=hidden.shape[0],
            layers=self.config.num_layers,
            heads=self.config.multi_query_group_num,
            dropout=self.dropout,
            dtype=hidden.dtype,
        )
        return prefix, kept


class ChatGLM2ForCausalLM(ChatGLM2PreTrainedModel, GenerationMixin):
    """The whole model."""

    def __init__(self, config: ChatGLM2Config) -> None:
        super().__init__(config)
        self.transformer = ChatGLM2Model(config)
        self.post_init()  # type: ignore[no-untyped-call]

    def get_output_embeddings(self) -> nn.Module:
        return self.transformer.output_layer

    def set_output_embeddings(self, new_embeddings: nn.Module) -> None:
        self.transformer.output_layer = new_embeddings

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
        positions: Tensor | None = None,
        output_hidden_states: bool | None = None,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """Compute logits, and the loss where there are labels (-100 is left out; the labels are shifted here).

        ``attention_mask`` is (batch, tokens), 0 at padding; without one (padding after the answers needs none) torch's
        causal kernels are used. ``positions`` (batch, tokens) are what ``layout`` gives; ``position_ids`` is their
        official name: peft drops it, or shifts it where nothing is to be shifted, hence the second one.
        ``logits_to_keep`` 0 keeps all.
        """
        outputs = self.transformer(
            input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            inputs_embeds=inputs_embeds,
            past_key_values=past_key_values,
            use_cache=use_cache,
            positions=positions,
            output_hidden_states=output_hidden_states,
        )
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = self.transformer.output_layer(outputs.last_hidden_state[:, kept])
        loss = None
        if labels is not None:
            loss = self.loss_function(logits=logits, labels=labels, vocab_size=self.config.vocab_size, **kwargs)
        return CausalLMOutputWithPast(
            loss=loss, logits=logits, past_key_values=outputs.past_key_values, hidden_states=outputs.hidden_states
        )

    def prepare_inputs_for_generation(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Hand on the positions under the name that peft leaves alone."""
        prepared: dict[str, Any] = super().prepare_inputs_for_generation(*args, **kwargs)  # type: ignore[misc]
        counted = prepared.pop("position_ids", None)
        if prepared.get("positions") is None and counted is not None:
            prepared["positions"] = counted
        return prepared


def _length(cache: Cache | None) -> int:
    return 0 if cache is None else int(cache.get_seq_length())
