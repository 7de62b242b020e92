"""ChatGLM3-6B: ChatGLM2's layers; ``<|user|>``, what is asked, ``<|assistant|>``, the answer, ``</s>``.

The model opens its answer with the line that may name a tool; records know none, so it is empty, and is learnt.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from train.encoding.examples import Dialogue, Ids
from train.encoding.form import Form
from train.families.chatglm2 import CHATGLM2
from train.families.family import Family
from train.families.native import empty, load, skeleton
from train.models.chatglm2.chat import CONVERSATION
from train.models.chatglm2.modeling import ChatGLM2ForCausalLM
from train.models.chatglm3.recognised import FORMAT, is_chatglm3, speaks_in_roles
from train.models.chatglm3.tokenization import ChatGLM3Tokenizer
from train.prompts import chatglm3_prompt, tidy_chatglm2


def _is_config(config: Mapping[str, Any]) -> bool:
    return CHATGLM2.is_config(config) and is_chatglm3(config)


def _is_folder(config: Mapping[str, Any], folder: Path) -> bool:
    return CHATGLM2.is_config(config) and speaks_in_roles(folder)


def _load(folder: Path, **options: Any) -> Any:
    model, _ = load(folder, **options, chat_format=FORMAT)
    return model, _load_tokenizer(folder)


def _load_tokenizer(folder: Path) -> ChatGLM3Tokenizer:
    return ChatGLM3Tokenizer.from_pretrained(folder)


def _form(tokenizer: ChatGLM3Tokenizer) -> Form:
    [line] = tokenizer.encode_texts(["\n"])
    roles = tokenizer.special_tokens

    def sources(dialogues: Sequence[Dialogue]) -> list[Ids]:
        said = [_said(asked) for asked in dialogues]
        told = iter(tokenizer.encode_texts([text for turns in said for text in turns]))
        return [_opened([next(told) for _ in turns]) for turns in said]

    def _opened(turns: list[Ids]) -> Ids:
        speakers = (roles["<|assistant|>"] if number % 2 else roles["<|user|>"] for number in range(len(turns)))
        spoken = [token for who, ids in zip(speakers, turns, strict=True) for token in (who, *line, *ids)]
        return [*tokenizer.get_prefix_tokens(), *spoken, roles["<|assistant|>"]]

    return Form(
        sources=sources,
        answers=lambda texts: [[*line, *ids] for ids in tokenizer.encode_texts(texts)],
        end=int(tokenizer.eos_token_id),
        stops=(roles["<|user|>"], roles["<|observation|>"]),
    )


def _said(asked: Dialogue) -> list[str]:
    """Texts of user and assistant by turns; the prefix stands before the first."""
    turns = [*(text for turn in asked.history for text in turn), asked.question]
    return [asked.prefix + turns[0], *turns[1:]]


CHATGLM3 = Family(
    name="chatglm3",
    about="ChatGLM3-6B, native, in turns of roles",
    is_config=_is_config,
    is_folder=_is_folder,
    load=_load,
    empty=empty,
    load_tokenizer=_load_tokenizer,
    skeleton=partial(skeleton, ChatGLM2ForCausalLM, chat_format=FORMAT),
    released={
        name: {"dtype": "float16", "seq_length": 8192}
        for name in ("THUDM/chatglm3-6b", "zai-org/chatglm3-6b", "ZhipuAI/chatglm3-6b")
    },
    layout=CHATGLM2.layout,
    blocks=CHATGLM2.blocks,
    attention_module=CHATGLM2.attention_module,
    mlp_module=CHATGLM2.mlp_module,
    final_norm=CHATGLM2.final_norm,
    sampling={"max_length": CONVERSATION.max_length, **CONVERSATION.sampling},
    prompt=chatglm3_prompt,
    tidy=tidy_chatglm2,
    form=_form,
    target_modules=CHATGLM2.target_modules,
    all_target_modules=CHATGLM2.all_target_modules,
)
