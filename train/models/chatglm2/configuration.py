"""The configuration of ChatGLM2-6B, and of ChatGLM3-6B, which is built alike."""

from typing import Any, ClassVar

from schemas.errors import ModelError
from train.models.configuration import ChatGLMConfig

_THE_ONLY_ONES: dict[str, object] = {
    "multi_query_attention": True,
    "rmsnorm": True,
    "apply_residual_connection_post_layernorm": False,
    "fp32_residual_connection": False,
    "hidden_dropout": 0.0,
    "attention_dropout": 0.0,
    "rope_ratio": 1,
}
"""Switches of the reference that stand like this in the released models; what they would change is not written here."""


class ChatGLM2Config(ChatGLMConfig):
    """Defaults are the values of the released 6B models; a field that a ``config.json`` leaves out has them."""

    attribute_map: ClassVar[dict[str, str]] = {
        "vocab_size": "padded_vocab_size",
        "num_hidden_layers": "num_layers",
        "intermediate_size": "ffn_hidden_size",
        "head_dim": "kv_channels",
        "num_key_value_heads": "multi_query_group_num",
        "max_position_embeddings": "seq_length",
    }

    padded_vocab_size: int = 65_024
    ffn_hidden_size: int = 13_696
    kv_channels: int = 128
    multi_query_group_num: int = 2
    seq_length: int = 32_768
    add_qkv_bias: bool = True
    add_bias_linear: bool = False
    post_layer_norm: bool = True
    """Whether a last norm stands between the layers and the vocabulary."""
    original_rope: bool = True
    tie_word_embeddings: bool = False
    chat_format: str = "chatglm2"
    """``chatglm3`` where turns have roles; no field of the reference, whose generations differ in nothing else."""
    eos_token_id: int | list[int] | None = 2
    pad_token_id: int | None = 0

    def __post_init__(self, **kwargs: Any) -> None:
        super().__post_init__(**kwargs)
        for name, value in _THE_ONLY_ONES.items():
            if (found := getattr(self, name, value)) not in (value, None):
                raise ModelError(
                    f"{self.name_or_path or 'this model'}: {name} is {found} in its configuration; only {value} is "
                    "supported, as in ChatGLM2-6B and ChatGLM3-6B"
                )

    @property
    def cached_heads(self) -> int:
        return self.multi_query_group_num

    @property
    def prefix_width(self) -> int:
        return 2 * self.num_layers * self.multi_query_group_num * self.kv_channels

    @property
    def prefix_table_width(self) -> int:
        return self.prefix_width

    def to_dict(self) -> dict[str, Any]:
        """Write the sizes of the grouped heads under the usual names too: peft looks for them here."""
        grouped = {"num_key_value_heads": self.multi_query_group_num, "head_dim": self.kv_channels}
        return super().to_dict() | grouped
