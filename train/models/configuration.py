"""The configuration of every model that calls itself ``chatglm``; its fields tell the generations apart."""

from typing import Any, ClassVar

from transformers import PreTrainedConfig


class ChatGLMConfig(PreTrainedConfig):
    """What the generations share. ``from_dict`` (so ``AutoConfig`` too) gives the configuration of the right one."""

    model_type = "chatglm"
    keys_to_ignore_at_inference: ClassVar[list[str]] = ["past_key_values"]

    hidden_size: int = 4096
    num_layers: int = 28
    num_attention_heads: int = 32
    layernorm_epsilon: float = 1e-5
    use_cache: bool = True
    pre_seq_len: int | None = None
    """Length of the P-Tuning v2 prefix; none without it."""
    prefix_projection: bool = False
    prefix_dropout: float = 0.1

    def __post_init__(self, **kwargs: Any) -> None:
        kwargs.pop("auto_map", None)  # names code of the hub, which is never followed and must not be saved again
        super().__post_init__(**kwargs)  # type: ignore[no-untyped-call]

    @property
    def cached_heads(self) -> int:
        """Heads of keys, and of values, that a token leaves in a layer of the cache."""
        return self.num_attention_heads

    @property
    def prefix_width(self) -> int:
        """Keys and values of all layers, for one place of the prefix."""
        return 2 * self.num_layers * self.hidden_size

    @property
    def prefix_table_width(self) -> int:
        """Of the table that ``prefix_projection`` starts from."""
        return self.hidden_size

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
