"""The files of a small ChatGLM-6B in the official layout."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.modeling import ChatGLMForCausalLM
from train.models.tiny.samples import sample_texts
from train.models.tiny.vocabulary import LAST, WORDS, make_vocabulary

_TOKENIZER = {
    "name_or_path": "tiny",
    "bos_token": "<sop>",
    "eos_token": "<eop>",
    "end_token": "</s>",
    "gmask_token": "[gMASK]",
    "mask_token": "[MASK]",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "remove_space": False,
    "do_lower_case": False,
    "tokenizer_class": "ChatGLMTokenizer",
    "num_image_tokens": 0,
}


def configuration(*, layers: int, hidden: int, heads: int, residual_layers: int = 28) -> ChatGLM1Config:
    ids = {token: WORDS + place for place, token in enumerate(LAST)}
    config: ChatGLM1Config = ChatGLM1Config(
        architectures=["ChatGLMModel"],
        vocab_size=WORDS + len(LAST),
        hidden_size=hidden,
        inner_hidden_size=4 * hidden,
        num_layers=layers,
        num_attention_heads=heads,
        max_sequence_length=2048,
        residual_layers=residual_layers,
        bos_token_id=ids["<sop>"],
        eos_token_id=ids["<eop>"],
        mask_token_id=ids["[MASK]"],
        gmask_token_id=ids["[gMASK]"],
        pad_token_id=3,
        dtype=torch.float32,
    )
    return config


def write_tokenizer(folder: Path) -> None:
    (folder / "ice_text.model").write_bytes(make_vocabulary(sample_texts()))
    settings = json.dumps(_TOKENIZER, indent=2, ensure_ascii=False) + "\n"
    (folder / "tokenizer_config.json").write_text(settings, encoding="utf-8")


def write_model(model: ChatGLMForCausalLM, folder: Path) -> None:
    """What ``save_pretrained`` writes, without its progress bar."""
    model.config.save_pretrained(folder)
    weights = {f"transformer.{name}": tensor for name, tensor in model.transformer.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
