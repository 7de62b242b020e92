"""The configuration of every model that calls itself ``chatglm``; its fields tell the generations apart."""

from typing import Any, ClassVar

from transformers import PreTrainedConfig

from schemas.errors import ModelError

OLD_VOCABULARY = 150_528


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

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Any:
        """Build the configuration of the generation whose fields these are."""
        if cls is ChatGLMConfig:
            return _generation(config_dict).from_dict(config_dict, **kwargs)
        return super().from_dict(config_dict, **kwargs)


class ChatGLM1Config(ChatGLMConfig):
    """ChatGLM-6B, version 1.1.0 of its files (a vocabulary of 130,528)."""

    attribute_map: ClassVar[dict[str, str]] = {
        "num_hidden_layers": "num_layers",
        "intermediate_size": "inner_hidden_size",
        "max_position_embeddings": "max_sequence_length",
    }

    vocab_size: int = 130_528
    inner_hidden_size: int = 16_384
    max_sequence_length: int = 2048
    position_encoding_2d: bool = True
    residual_layers: int = 28
    """The residual branch is scaled by sqrt(2 * this): the reference takes 28 whatever ``num_layers`` says."""
    tie_word_embeddings: bool = True
    bos_token_id: int = 130_004
    """``<sop>``, where the answer starts."""
    eos_token_id: int | list[int] | None = 130_005
    pad_token_id: int = 3
    mask_token_id: int = 130_000
    gmask_token_id: int = 130_001

    def __post_init__(self, **kwargs: Any) -> None:
        super().__post_init__(**kwargs)
        if self.vocab_size == OLD_VOCABULARY:
            raise ModelError(
                f"{self.name_or_path or 'this model'}: a ChatGLM-6B of before version 1.1.0, with its vocabulary of "
                f"{OLD_VOCABULARY:,} tokens; expected 130,528: download the current files of THUDM/chatglm-6b"
            )


def _generation(fields: dict[str, Any]) -> type[ChatGLMConfig]:
    if {"padded_vocab_size", "multi_query_group_num"} & fields.keys():
        from train.models.chatglm2.configuration import ChatGLM2Config

        generation: type[ChatGLMConfig] = ChatGLM2Config
        return generation
    return ChatGLM1Config
