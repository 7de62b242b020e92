"""Any causal model that transformers knows, asked through the chat template of its own tokenizer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from schemas.errors import ModelError
from train.encoding.chat_template import chat_form
from train.encoding.examples import Ids
from train.encoding.form import Form
from train.families.family import Family
from train.families.structure import blocks
from train.prompts import Turns

INSTRUCT = (
    "{{ bos_token if bos_token else '' }}{% for turn in messages %}{% if turn.role == 'user' %}"
    "Instruction: {{ turn.content }}\nAnswer: {% else %}{{ turn.content }}{{ eos_token }}\n{% endif %}{% endfor %}"
)
"""The layout of the early Chinese instruction trainers, as a template: for bases that have none of their own."""


def load(
    folder: Path, *, dtype: Any = "auto", device: torch.device | str = "cpu", **fields: Any
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model and tokenizer of a folder, without running code of it; ``fields`` replace those of its configuration."""
    if (asked := fields.pop("quantization", "none")) != "none":
        raise ModelError(f"{folder}: quantization {asked} is there for ChatGLM's models only; leave it out")
    fields.pop("mapped", None)  # transformers reads them as it likes
    config = _config(folder, fields)
    if getattr(config, "quantization_config", None):
        raise ModelError(f"{folder}: its weights are quantised; name the folder of the model that they were made from")
    model = AutoModelForCausalLM.from_pretrained(
        folder, config=config, dtype=dtype, device_map={"": str(device)}, trust_remote_code=False, weights_only=True
    )
    return model.eval(), load_tokenizer(folder)


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """With the layout ``INSTRUCT`` where it brings no template, and padding where it has no token for that."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except (ValueError, OSError, ImportError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"{folder}: its tokenizer cannot be read: {reason}; expected a tokenizer.json") from None
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.unk_token or tokenizer.eos_token
    if not tokenizer.chat_template:
        tokenizer.chat_template = INSTRUCT
    tokenizer.padding_side = "left"
    return tokenizer


def skeleton(**fields: Any) -> PreTrainedModel:
    """A model without its weights, on the meta device, of the fields of a configuration; ``model_type`` is one."""
    config = AutoConfig.for_model(**fields)
    with torch.device("meta"):
        made: PreTrainedModel = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    return made


def form(tokenizer: PreTrainedTokenizerBase) -> Form:
    return chat_form(tokenizer)


def instruct_form(tokenizer: PreTrainedTokenizerBase) -> Form:
    return chat_form(tokenizer, INSTRUCT)


def prompt(question: str, history: Turns | None = None) -> str:
    """The turns alone: what stands around them is the template's affair."""
    return "\n".join([*(text for turn in history or () for text in turn), question])


def text(tokenizer: PreTrainedTokenizerBase, ids: Ids) -> str:
    return str(tokenizer.decode(ids, skip_special_tokens=True))


def layout(_: Tensor, __: Any) -> Mapping[str, Tensor]:
    """Nothing: padding stands after the answers, and such a model counts its positions itself."""
    return {}


def causal_family(**facts: Any) -> Family:
    """A family of models that transformers brings."""
    return Family(
        load=load,
        load_tokenizer=load_tokenizer,
        skeleton=skeleton,
        layout=layout,
        blocks=blocks,
        sampling={"do_sample": True, "top_p": 0.8, "temperature": 0.7, "max_length": 4096},
        prompt=prompt,
        tidy=str.strip,
        form=form,
        instruct_form=instruct_form,
        text=text,
        released={},
        **facts,
    )


def _is_config(config: Mapping[str, Any]) -> bool:
    return config.get("model_type") in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES


def _config(folder: Path, fields: Mapping[str, Any]) -> Any:
    try:
        return AutoConfig.from_pretrained(folder, trust_remote_code=False, **fields)
    except (ValueError, OSError) as error:
        raise ModelError(f"{folder}: its config.json cannot be read: {' '.join(str(error).split())[:200]}") from None


CAUSAL = causal_family(
    name="causal",
    about="any causal model that transformers knows (Qwen, GLM-4, Mistral, DeepSeek …), by its chat template",
    is_config=_is_config,
)
