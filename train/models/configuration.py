"""What the configurations of our models share; and that of every model that calls itself ``chatglm``."""

from typing import Any, ClassVar

from transformers import PreTrainedConfig


class NativeConfig(PreTrainedConfig):
    """What the layers in ``backbone.py`` ask of every model, the number of its layers (``num_layers``) aside."""

    keys_to_ignore_at_inference: ClassVar[list[str]] = ["past_key_values"]

    hidden_size: int = 4096
    num_attention_heads: int = 32
    use_cache: bool = True
    pre_seq_len: int | None = None
    """Length of the P-Tuning v2 prefix; none without it."""
    prefix_projection: bool = False
    prefix_dropout: float = 0.1
    quantization_bit: int | None = 0
    """4 or 8 where the weights of the layers are stored so, as the official INT4 and INT8 files are."""

    def __post_init__(self, **kwargs: Any) -> None:
        kwargs.pop("auto_map", None)  # names code of the hub, which is never followed and must not be saved again
        super().__post_init__(**kwargs)  # type: ignore[no-untyped-call]

    @property
    def cached_heads(self) -> int:
        """Heads of keys, and of values, that a token leaves in a layer of the cache."""
        return self.num_attention_heads

    @property
    def cached_head_size(self) -> int:
        """Numbers of a key, and of a value."""
        layers: int = self.num_layers
        return self.prefix_width // (2 * layers * self.cached_heads)

    @property
    def prefix_width(self) -> int:
        """Keys and values of all layers, for one place of the prefix."""
        layers: int = self.num_layers
        return 2 * layers * self.hidden_size

    @property
    def prefix_table_width(self) -> int:
        """Of the table that ``prefix_projection`` starts from."""
        return self.hidden_size


class ChatGLMConfig(NativeConfig):
    """What the generations share. ``from_dict`` (so ``AutoConfig`` too) gives the configuration of the right one."""

    model_type = "chatglm"

    num_layers: int = 28
    layernorm_epsilon: float = 1e-5

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Any:
        """Build the configuration of the generation whose fields these are."""
        if cls is ChatGLMConfig:
            return _generation(config_dict).from_dict(config_dict, **kwargs)
        return super().from_dict(config_dict, **kwargs)


def _generation(fields: dict[str, Any]) -> type[ChatGLMConfig]:
    if {"padded_vocab_size", "multi_query_group_num"} & fields.keys():
        from train.models.chatglm2.configuration import ChatGLM2Config

        generation: type[ChatGLMConfig] = ChatGLM2Config
        return generation
    from train.models.chatglm.configuration import ChatGLM1Config

    return ChatGLM1Config
