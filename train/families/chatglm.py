"""ChatGLM-6B: a prompt read in both directions, ``[gMASK] <sop>``, the answer, ``<eop>``."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import Tensor

from schemas.statistics import SequenceLimits
from train.encoding.examples import HIDDEN, Example, Ids
from train.encoding.official import Official
from train.families.family import Family
from train.families.native import empty, form, load, load_tokenizer, released, skeleton
from train.models.chatglm.chat import CONVERSATION
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.modeling import ChatGLMForCausalLM
from train.models.chatglm.positions import layout
from train.models.tokenizer import ChatGLMTokenizer
from train.prompts import chatglm_prompt, chatglm_rounds, tidy_chatglm


def _is_config(config: Mapping[str, Any]) -> bool:
    return config.get("model_type") == "chatglm" and "inner_hidden_size" in config


def _official_example(tokenizer: ChatGLMTokenizer, source: Ids, answer: Ids) -> Example:
    ids = tokenizer.build_inputs_with_special_tokens(source, answer)
    learnt = ids.index(tokenizer.bos_token_id)  # the first: a <sop> typed in the prompt moves it, as in the reference
    return Example(ids, [HIDDEN] * learnt + ids[learnt:], len(source) + 2)


def _width(limits: SequenceLimits) -> int:
    return limits.source + limits.target


def _layout(input_ids: Tensor, config: ChatGLM1Config) -> Mapping[str, Tensor]:
    places = layout(input_ids, config)
    return {"positions": places["positions"], "context_lengths": places["context_lengths"]}


CHATGLM = Family(
    name="chatglm",
    about="ChatGLM-6B v1.1.0, native",
    is_config=_is_config,
    load=load,
    empty=empty,
    load_tokenizer=load_tokenizer,
    skeleton=partial(skeleton, ChatGLMForCausalLM),
    released=released(("THUDM/chatglm-6b", "zai-org/chatglm-6b", "ZhipuAI/ChatGLM-6B"), bits=(8, 4)),
    layout=_layout,
    blocks=lambda model: model.transformer.layers,
    attention_module="attention",
    mlp_module="mlp",
    final_norm="transformer.final_layernorm",
    sampling={"max_length": CONVERSATION.max_length, **CONVERSATION.sampling},
    prompt=chatglm_prompt,
    tidy=tidy_chatglm,
    form=form,
    official=Official(
        lone=lambda question, _: question,
        trained=chatglm_rounds,
        evaluated=chatglm_prompt,
        turn=lambda number, question, answer: f"[Round {number}]\n问：{question}\n答：{answer}\n",
        turn_ending=1,
        ending="\n答：",
        source_control=1,
        answer_control=2,
        example=_official_example,
        width=_width,
    ),
    packs=True,
    target_modules=("query_key_value",),
    all_target_modules=("query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"),
    learns_the_opening=True,
)
