"""What the families with models and tokenizers of our own share: loading without running code of a folder, the form."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from train.encoding.examples import Dialogue, Ids
from train.encoding.form import Form
from train.models.checkpoint import empty_model, load_model
from train.models.registration import register
from train.models.tokenizer import ChatGLMTokenizer


def load(
    folder: Path, *, dtype: Any = "auto", device: torch.device | str = "cpu", **fields: Any
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model and tokenizer of an official folder."""
    return load_weights(folder, dtype=dtype, device=device, **fields), load_tokenizer(folder)


def load_weights(folder: Path, *, dtype: Any, device: torch.device | str, **fields: Any) -> PreTrainedModel:
    """The model, one file of weights at a time.

    ``dtype`` is torch's or its name, ``auto`` that of the folder; ``fields`` replace those of its configuration.
    """
    register()
    asked = getattr(torch, dtype) if isinstance(dtype, str) and dtype != "auto" else dtype
    model: PreTrainedModel = load_model(folder, dtype=None if asked == "auto" else asked, device=device, **fields)
    return model


def empty(folder: Path, dtype: torch.dtype) -> PreTrainedModel:
    """The model of a folder on the meta device; ``checkpoint.fill_parts`` brings its weights."""
    register()
    made: PreTrainedModel = empty_model(folder, dtype=dtype).eval()
    made.tie_weights()
    return made


def released(names: Sequence[str], *, bits: Sequence[int]) -> dict[str, dict[str, Any]]:
    """Names on the hubs: in half precision, and with their endings the official files in so many bits."""
    whole = {name: {"dtype": "float16"} for name in names}
    small = {f"{name}-int{each}": {"dtype": "float16", "quantization_bit": each} for name in names for each in bits}
    return whole | small


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    return ChatGLMTokenizer.from_pretrained(folder)


def skeleton(model: Any, **fields: Any) -> PreTrainedModel:
    """A model without its weights, on the meta device: enough to count its parameters."""
    fields.pop("model_type", None)
    with torch.device("meta"):
        made: PreTrainedModel = model._from_config(model.config_class(**fields))
    return made


def form(tokenizer: ChatGLMTokenizer) -> Form:
    """Prompts as the generation's tokenizer builds them, control tokens where it puts them."""

    def sources(dialogues: Sequence[Dialogue]) -> list[Ids]:
        asked = [prefix + tokenizer.build_prompt(question, history) for question, history, prefix in dialogues]
        return [tokenizer.build_inputs_with_special_tokens(ids) for ids in tokenizer.encode_texts(asked)]

    return Form(sources=sources, answers=tokenizer.encode_texts, end=int(tokenizer.eos_token_id))
