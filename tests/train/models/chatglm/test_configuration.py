"""Which configuration a ``config.json`` gives."""

from typing import Any

import pytest

from schemas.errors import ModelError
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.configuration import ChatGLMConfig

OFFICIAL = {
    "architectures": ["ChatGLMModel"],
    "auto_map": {"AutoConfig": "configuration_chatglm.ChatGLMConfig"},
    "model_type": "chatglm",
    "hidden_size": 4096,
    "num_layers": 28,
    "torch_dtype": "float16",
    "vocab_size": 130528,
}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, ChatGLM1Config),
        ({"position_encoding_2d": True}, ChatGLM1Config),
        ({"padded_vocab_size": 65024}, ChatGLM2Config),
        ({"multi_query_group_num": 2}, ChatGLM2Config),
    ],
)
def test_the_fields_tell_the_generations_apart(fields: dict[str, Any], kind: type[ChatGLMConfig]) -> None:
    found = ChatGLMConfig.from_dict({"model_type": "chatglm", **fields})

    assert type(found) is kind


def test_defaults_are_those_of_the_released_files() -> None:
    made = ChatGLM1Config()

    assert (made.vocab_size, made.num_hidden_layers, made.intermediate_size) == (130_528, 28, 16_384)
    assert (made.bos_token_id, made.eos_token_id, made.pad_token_id) == (130_004, 130_005, 3)
    assert (made.mask_token_id, made.gmask_token_id) == (130_000, 130_001)
    assert made.tie_word_embeddings


def test_code_of_the_hub_is_neither_kept_nor_written() -> None:
    found = ChatGLMConfig.from_dict(dict(OFFICIAL))

    assert not hasattr(found, "auto_map")
    assert "auto_map" not in found.to_dict()


def test_the_old_vocabulary_is_refused() -> None:
    with pytest.raises(ModelError, match=r"vocabulary of 150,528 tokens; expected 130,528: download the current files"):
        ChatGLMConfig.from_dict(OFFICIAL | {"vocab_size": 150528})


def test_fields_are_replaced_as_asked() -> None:
    found, unused = ChatGLMConfig.from_dict(dict(OFFICIAL), pre_seq_len=128, unknown=1, return_unused_kwargs=True)

    assert found.pre_seq_len == 128
    assert unused == {"unknown": 1}
