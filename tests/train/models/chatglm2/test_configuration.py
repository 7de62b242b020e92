"""What a ``config.json`` of the second generation turns into."""

import json
from pathlib import Path

import pytest
from transformers import PreTrainedConfig

from schemas.errors import ModelError
from tests.golden_data import golden
from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.configuration import ChatGLMConfig

TINY = {
    "model_type": "chatglm",
    "auto_map": {"AutoConfig": "configuration_chatglm.ChatGLMConfig"},
    "padded_vocab_size": 100,
    "hidden_size": 32,
    "ffn_hidden_size": 48,
    "kv_channels": 16,
    "num_attention_heads": 4,
    "multi_query_group_num": 2,
    "num_layers": 3,
    "seq_length": 64,
}


def test_the_fields_tell_the_generation() -> None:
    assert type(ChatGLMConfig.from_dict(TINY)) is ChatGLM2Config


def test_fields_that_a_file_leaves_out_have_the_released_values() -> None:
    config = ChatGLMConfig.from_dict(TINY)

    assert (config.use_cache, config.original_rope, config.post_layer_norm, config.add_qkv_bias) == (True,) * 4
    assert (config.add_bias_linear, config.tie_word_embeddings, config.dtype) == (False, False, None)
    assert (config.eos_token_id, config.pad_token_id, config.pre_seq_len) == (2, 0, None)


def test_sizes_go_by_their_usual_names_too() -> None:
    config = ChatGLMConfig.from_dict(TINY)

    usual = (config.vocab_size, config.num_hidden_layers, config.intermediate_size, config.max_position_embeddings)
    assert usual == (100, 3, 48, 64)
    assert (config.num_key_value_heads, config.head_dim) == (2, 16)
    assert config.to_dict()["num_key_value_heads"] == 2  # where peft looks
    assert config.to_dict()["head_dim"] == 16


def test_a_saved_configuration_is_the_same_and_names_no_foreign_code(tmp_path: Path) -> None:
    config = ChatGLMConfig.from_dict(TINY | {"pre_seq_len": 4, "prefix_projection": True})

    config.save_pretrained(tmp_path)

    saved = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert "auto_map" not in saved
    assert saved["padded_vocab_size"] == 100
    assert ChatGLMConfig.from_pretrained(tmp_path).to_dict() == config.to_dict()


@pytest.mark.parametrize("name", ["v2_base", "v2_prefix", "v2_prefix_proj"])
def test_the_reference_s_file_is_read_whole(name: str) -> None:
    fields = json.loads((golden(name) / "config.json").read_text(encoding="utf-8"))

    config = ChatGLMConfig.from_dict(fields)

    elsewhere = {"auto_map", "torch_dtype", "transformers_version", "_name_or_path", "model_type"}
    assert isinstance(config, PreTrainedConfig)
    for field in fields.keys() - elsewhere:
        assert getattr(config, field) == fields[field], field


@pytest.mark.parametrize(
    ("field", "value"),
    [("multi_query_attention", False), ("rmsnorm", False), ("rope_ratio", 50), ("attention_dropout", 0.1)],
)
def test_a_variant_that_would_be_computed_wrongly_is_refused(field: str, value: object) -> None:
    with pytest.raises(ModelError, match=rf"{field} is {value} in its configuration; only .* is supported"):
        ChatGLMConfig.from_dict(TINY | {field: value})
