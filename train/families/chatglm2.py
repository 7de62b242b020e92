"""ChatGLM2-6B: ``[gMASK] sop``, a prompt that is always in rounds, the answer, ``</s>``; read in one direction."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import Tensor

from schemas.statistics import SequenceLimits
from train.encoding.examples import Example, Ids
from train.encoding.official import Official
from train.families.family import Family
from train.families.native import empty, form, load, load_tokenizer, released, skeleton
from train.models.chatglm2.chat import CONVERSATION
from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.chatglm2.modeling import ChatGLM2ForCausalLM
from train.models.chatglm2.positions import layout
from train.models.tokenizer import ChatGLMTokenizer
from train.prompts import chatglm2_prompt, tidy_chatglm2


def _is_config(config: Mapping[str, Any]) -> bool:
    return config.get("model_type") == "chatglm" and "multi_query_group_num" in config


def _official_example(tokenizer: ChatGLMTokenizer, source: Ids, answer: Ids) -> Example:
    ids = tokenizer.build_inputs_with_special_tokens(source, answer)
    start = len(source) + 2
    return Example(ids, [int(tokenizer.pad_token_id)] * start + ids[start:], start)


def _width(limits: SequenceLimits) -> int:
    return limits.source + limits.target + 1


def _layout(input_ids: Tensor, config: ChatGLM2Config) -> Mapping[str, Tensor]:
    return {"positions": layout(input_ids, config)["positions"]}


CHATGLM2 = Family(
    name="chatglm2",
    about="ChatGLM2-6B, native",
    is_config=_is_config,
    load=load,
    empty=empty,
    load_tokenizer=load_tokenizer,
    skeleton=partial(skeleton, ChatGLM2ForCausalLM),
    released=released(("THUDM/chatglm2-6b", "zai-org/chatglm2-6b", "ZhipuAI/chatglm2-6b"), bits=(4,)),
    layout=_layout,
    blocks=lambda model: model.transformer.encoder.layers,
    attention_module="self_attention",
    mlp_module="mlp",
    final_norm="transformer.encoder.final_layernorm",
    sampling={"max_length": CONVERSATION.max_length, **CONVERSATION.sampling},
    prompt=chatglm2_prompt,
    tidy=tidy_chatglm2,
    form=form,
    official=Official(
        lone=chatglm2_prompt,
        trained=chatglm2_prompt,
        evaluated=chatglm2_prompt,
        turn=lambda number, question, answer: f"[Round {number + 1}]\n\n问：{question}\n\n答：{answer}\n\n",
        turn_ending=2,
        ending="\n\n答：",
        source_control=2,
        answer_control=0,
        example=_official_example,
        width=_width,
    ),
    packs=True,
    target_modules=("query_key_value",),
    all_target_modules=("query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"),
)
