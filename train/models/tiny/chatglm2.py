"""``tiny-chatglm2``: ChatGLM2-6B's shape, of two narrow layers."""

from pathlib import Path
from typing import Any

from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.chatglm2.modeling import ChatGLM2ForCausalLM
from train.models.tiny.pieces import make_pieces
from train.models.tiny.small import Small, write_json
from train.models.tokenizer import ChatGLMTokenizer

_TOKENIZER = {"tokenizer_class": "ChatGLMTokenizer", "remove_space": False, "do_lower_case": False}


def write_vocabulary(folder: Path, texts: list[str]) -> None:
    (folder / "tokenizer.model").write_bytes(make_pieces(texts))
    write_json(_TOKENIZER, folder / "tokenizer_config.json")


def two_layers(folder: Path, **fields: Any) -> ChatGLM2ForCausalLM:
    """Random weights for the vocabulary in ``folder``."""
    tokenizer = ChatGLMTokenizer.from_pretrained(folder)
    config: ChatGLM2Config = ChatGLM2Config(
        architectures=["ChatGLMModel"],
        padded_vocab_size=-(-len(tokenizer.get_vocab()) // 32) * 32,
        hidden_size=64,
        ffn_hidden_size=176,
        num_layers=2,
        num_attention_heads=4,
        kv_channels=16,
        multi_query_group_num=2,
        seq_length=2048,
        dtype="float32",
        **fields,
    )
    return ChatGLM2ForCausalLM(config)


CHATGLM2 = Small(
    name="tiny-chatglm2",
    about="a ChatGLM2 of two narrow layers",
    tokenizer=write_vocabulary,
    model=two_layers,
)
