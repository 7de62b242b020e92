"""Conversation with ChatGLM2-6B, as its official code holds it; earlier turns are read anew each time."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessorList

from train.models.chatglm.chat import History, InvalidScores
from train.models.streaming import stream_ids
from train.models.tokenizer import ChatGLMTokenizer
from train.prompts import Turns, tidy_chatglm2

SAMPLING = {"do_sample": True, "top_p": 0.8, "temperature": 0.8}
MAX_LENGTH = 8192
"""Of prompt and answer together, in tokens."""


def chat(
    model: Any, tokenizer: ChatGLMTokenizer, query: str, history: Turns | None = None, **options: Any
) -> tuple[str, History]:
    """Answer a question after the turns so far; returns the answer, and the turns with this one.

    ``model`` may be wrapped by peft; ``options`` are those of ``generate``.
    """
    input_ids = _prompt(model, tokenizer, query, history)
    output = model.generate(input_ids, **_options(input_ids, options))
    answer = _answer(tokenizer, output, input_ids)
    return answer, _with_turn(history, query, answer)


def stream_chat(
    model: Any, tokenizer: ChatGLMTokenizer, query: str, history: Turns | None = None, **options: Any
) -> Iterator[tuple[str, History]]:
    """Yield the answer as it grows. A character of several tokens is held back until it is whole."""
    input_ids = _prompt(model, tokenizer, query, history)
    for output in stream_ids(model, input_ids, **_options(input_ids, options)):
        answer = _answer(tokenizer, output, input_ids)
        if not answer.endswith("\ufffd"):
            yield answer, _with_turn(history, query, answer)


def _prompt(model: Any, tokenizer: ChatGLMTokenizer, query: str, history: Turns | None) -> Tensor:
    encoded = tokenizer([tokenizer.build_prompt(query, history)], return_tensors="pt")
    input_ids: Tensor = encoded["input_ids"]
    return input_ids.to(model.device)


def _answer(tokenizer: ChatGLMTokenizer, output: Tensor, input_ids: Tensor) -> str:
    return tidy_chatglm2(str(tokenizer.decode(output[0, input_ids.shape[1] :].tolist())))


def _options(input_ids: Tensor, given: dict[str, Any]) -> dict[str, Any]:
    sampling = SAMPLING if given.get("do_sample", True) else {"do_sample": False}
    length = {} if "max_new_tokens" in given else {"max_length": MAX_LENGTH}
    processors = LogitsProcessorList([*given.get("logits_processor", ()), InvalidScores()])
    nothing_hidden = torch.ones_like(input_ids)  # <unk> is the pad token too, and would be taken for padding
    asked = {"num_beams": 1, "attention_mask": nothing_hidden, **length, **sampling, **given}
    return {**asked, "logits_processor": processors}


def _with_turn(history: Turns | None, query: str, answer: str) -> History:
    return [*((asked, told) for asked, told in history or ()), (query, answer)]
