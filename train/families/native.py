"""What the families with models and tokenizers of our own share: loading without running code of a folder, the form."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from train.encoding.examples import Dialogue, Ids
from train.encoding.form import Form
from train.models.tokenizer import ChatGLMTokenizer


def load(folder: Path, *, dtype: Any = "auto", **config: Any) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model and tokenizer of an official folder; keywords change its configuration (``pre_seq_len=128``)."""
    from transformers import AutoModelForCausalLM

    from train.models.registration import register

    register()
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **config)
    return model, load_tokenizer(folder)


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    return ChatGLMTokenizer.from_pretrained(folder)


def form(tokenizer: ChatGLMTokenizer) -> Form:
    """Prompts as the generation's tokenizer builds them, control tokens where it puts them."""

    def sources(dialogues: Sequence[Dialogue]) -> list[Ids]:
        asked = [prefix + tokenizer.build_prompt(question, history) for question, history, prefix in dialogues]
        return [tokenizer.build_inputs_with_special_tokens(ids) for ids in tokenizer.encode_texts(asked)]

    return Form(sources=sources, answers=tokenizer.encode_texts, end=int(tokenizer.eos_token_id))
