"""The configuration of ChatGLM-6B."""

from typing import Any, ClassVar

from schemas.errors import ModelError
from train.models.configuration import ChatGLMConfig

OLD_VOCABULARY = 150_528


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
