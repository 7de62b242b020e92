"""What our own models share up to the last norm.

Each brings its modules under their official names, and says where its tokens stand and who sees whom.
"""

from typing import Any, NamedTuple

from torch import Tensor, nn
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import Cache
from transformers.modeling_outputs import BaseModelOutputWithPast

from train.models.attention import Shared, quick_kernels
from train.models.configuration import NativeConfig
from train.models.packing import Packed, Packing, has_kernel, lay_out
from train.models.prefix import KeyValue, PrefixEncoder, PrefixProjection, PrefixTable, prefix_keys_and_values
from train.models.quantised.linear import QuantisedLinear, place_in_blocks
from train.models.quantised.official import official_bits


class NativePreTrainedModel(PreTrainedModel):
    """What transformers and peft ask about every model of the family."""

    config: NativeConfig
    base_model_prefix = "transformer"
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _no_split_modules = ["GLMBlock"]  # noqa: RUF012 (the library's way)
    _skip_keys_device_placement = ["past_key_values"]  # noqa: RUF012
    _keys_to_ignore_on_load_unexpected = [r"\.inv_freq$"]  # noqa: RUF012

    @property
    def is_gradient_checkpointing(self) -> bool:
        """peft asks by this name, which transformers would tell the user is an old one."""
        return any(getattr(module, "gradient_checkpointing", False) for module in self.modules())

    def post_init(self) -> None:
        if self.config.quantization_bit:
            place_in_blocks(self, official_bits(self.config.quantization_bit))
        super().post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, PrefixTable | PrefixProjection | QuantisedLinear):
            module.reset_parameters()
        else:
            super()._init_weights(module)  # type: ignore[no-untyped-call]


class Call(NamedTuple):
    """A forward pass: what was given, and what stands before its tokens."""

    input_ids: Tensor | None
    hidden: Tensor
    attention_mask: Tensor | None
    positions: Tensor | None
    context_lengths: Tensor | None
    cached: int
    """Keys that an earlier call left, those of the prefix among them."""
    in_front: int
    """Keys before the first token: of the cache, or of the prefix."""
    cache: Cache | None
    packed: Packed | None = None


class NativeLayers(NativePreTrainedModel):
    """A model up to its last norm."""

    normed_states = True
    """Whether the official ``hidden_states`` of the generation end behind the last norm."""

    def __init__(self, config: NativeConfig) -> None:
        super().__init__(config)
        self.gradient_checkpointing = False

    def post_init(self) -> None:
        if self.config.pre_seq_len:
            self.make_prefix()
        super().post_init()

    def blocks(self) -> nn.ModuleList:
        raise NotImplementedError

    def last_norm(self, hidden: Tensor) -> Tensor:
        raise NotImplementedError

    def shared(self, call: Call) -> Shared:
        """Compute, once a batch, what every layer uses."""
        raise NotImplementedError

    def make_prefix(self) -> None:
        self.prefix_encoder = PrefixEncoder(
            self.config, width=self.config.prefix_width, table_width=self.config.prefix_table_width
        )
        self.dropout = nn.Dropout(self.config.prefix_dropout)

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        past_key_values: Cache | None = None,
        use_cache: bool | None = None,
        positions: Tensor | None = None,
        context_lengths: Tensor | None = None,
        packing: Packing | None = None,
        output_hidden_states: bool | None = None,
    ) -> BaseModelOutputWithPast:
        """Run the layers; ``causal.py`` says what the arguments are."""
        hidden = self.get_input_embeddings()(input_ids) if inputs_embeds is None else inputs_embeds
        given = self._cache(past_key_values, use_cache)
        cached = 0 if given is None else int(given.get_seq_length())
        rows = hidden.shape[0] if packing is None else len(packing["contexts"])
        before, cache = self._before_the_tokens(hidden, given, cached, rows=rows, is_packed=packing is not None)
        in_front = before[0][0].shape[2] if before else cached
        call = Call(
            input_ids=input_ids,
            hidden=hidden,
            attention_mask=attention_mask,
            positions=positions,
            context_lengths=context_lengths,
            cached=cached,
            in_front=in_front,
            cache=cache,
            packed=None
            if packing is None
            else lay_out(packing, in_front, dense=not has_kernel(hidden, self.config.cached_head_size)),
        )
        states = self._through_the_blocks(hidden, before, self.shared(call), keep=bool(output_hidden_states))
        normed = self.last_norm(states[-1])
        if self.normed_states:
            states[-1] = normed
        return BaseModelOutputWithPast(
            last_hidden_state=normed,
            past_key_values=cache,
            hidden_states=tuple(states) if output_hidden_states else None,
        )

    def _cache(self, given: Cache | None, asked: bool | None) -> Cache | None:
        wanted = self.config.use_cache and not self.training if asked is None else asked
        return DynamicCache(config=self.config) if wanted and given is None else given

    def _through_the_blocks(
        self, hidden: Tensor, before: list[KeyValue] | None, shared: Shared, *, keep: bool
    ) -> list[Tensor]:
        """Hidden states: what goes in and what each block makes of it, or the last alone."""
        states = [hidden]
        with quick_kernels():
            for number, block in enumerate(self.blocks()):
                after = block(states[-1], *(before[number] if before else (None, None)), shared)
                states = [*states, after] if keep else [after]
        return states

    def _before_the_tokens(
        self, hidden: Tensor, cache: Cache | None, cached: int, *, rows: int, is_packed: bool
    ) -> tuple[list[KeyValue] | None, Cache | None]:
        """Find the keys and values in front: those of the prefix encoder at first, those of the cache from then on.

        Gradient checkpointing runs a layer twice, which must not fill the cache twice: it reads it as a prefix. So do
        packed examples, each of which has it in front.
        """
        kept = None if is_packed or (self.training and self.gradient_checkpointing) else cache
        if cache is not None and cached:
            if kept is not None:
                return None, kept
            layers: list[Any] = cache.layers
            return [(layer.keys, layer.values) for layer in layers], None
        if not self.config.pre_seq_len:
            return None, kept
        prefix = prefix_keys_and_values(
            self.prefix_encoder(),
            batch=rows,
            layers=self.config.num_layers,
            heads=self.config.cached_heads,
            dropout=self.dropout,
            dtype=hidden.dtype,
            packed=is_packed,
        )
        return prefix, kept
