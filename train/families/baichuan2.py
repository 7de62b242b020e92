"""Baichuan2: ``<reserved_106>``, the question, ``<reserved_107>``, the answer, ``</s>``; read in one direction."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from train.encoding.conversations import Conversations
from train.encoding.examples import Dialogue, Ids
from train.encoding.form import Form
from train.families import native
from train.families.family import Family
from train.models.baichuan2.chat import CONVERSATION
from train.models.baichuan2.configuration import Baichuan2Config
from train.models.baichuan2.modeling import BaichuanForCausalLM
from train.models.baichuan2.tokenization import BaichuanTokenizer, asked
from train.prompts import baichuan2_prompt

_7B = {"max_position_embeddings": 4096}
_13B = {"hidden_size": 5120, "intermediate_size": 13_696, "num_hidden_layers": 40, "num_attention_heads": 40}
_SIZES: Mapping[str, Mapping[str, Any]] = {"7B": _7B, "13B": _13B}


def _is_config(config: Mapping[str, Any]) -> bool:
    return config.get("model_type") == "baichuan"


def _load(
    folder: Path, *, dtype: Any = "auto", device: torch.device | str = "cpu", **fields: Any
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    return native.load_weights(folder, dtype=dtype, device=device, **fields), _load_tokenizer(folder)


def _load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    tokenizer: BaichuanTokenizer = BaichuanTokenizer.from_pretrained(folder)
    return tokenizer


def _layout(input_ids: Tensor, config: Baichuan2Config) -> Mapping[str, Tensor]:
    return {"positions": torch.arange(input_ids.shape[1], device=input_ids.device).expand_as(input_ids)}


def _form(tokenizer: BaichuanTokenizer) -> Form:
    def sources(dialogues: Sequence[Dialogue]) -> list[Ids]:
        spoken = [[*(text for turn in history for text in turn), question] for question, history, _ in dialogues]
        texts = [
            text
            for turns, (_, _, prefix) in zip(spoken, dialogues, strict=True)
            for text in (prefix + turns[0], *turns[1:])
        ]
        encoded = iter(tokenizer.encode_texts(texts))
        return [asked([next(encoded) for _ in turns]) for turns in spoken]

    return Form(sources=sources, answers=tokenizer.encode_texts, end=int(tokenizer.eos_token_id))


BAICHUAN2 = Family(
    name="baichuan2",
    about="Baichuan2 7B and 13B, native",
    is_config=_is_config,
    load=_load,
    empty=native.empty,
    load_tokenizer=_load_tokenizer,
    skeleton=partial(native.skeleton, BaichuanForCausalLM),
    released={
        f"baichuan-inc/Baichuan2-{size}-{kind}": {"dtype": "bfloat16", **fields}
        for size, fields in _SIZES.items()
        for kind in ("Base", "Chat")
    },
    layout=_layout,
    blocks=lambda model: model.model.layers,
    attention_module="self_attn",
    mlp_module="mlp",
    final_norm="model.norm",
    sampling={"max_length": CONVERSATION.max_length, **CONVERSATION.sampling},
    prompt=baichuan2_prompt,
    tidy=CONVERSATION.tidy,
    form=_form,
    official=Conversations(form=_form),
    target_modules=("W_pack",),
    all_target_modules=("W_pack", "o_proj", "gate_proj", "down_proj", "up_proj"),
)
