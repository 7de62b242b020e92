"""Conversation with ChatGLM-6B, as its official code holds it."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessor, LogitsProcessorList

from train.models.streaming import stream_ids
from train.models.tokenizer import ChatGLMTokenizer
from train.prompts import Turns, tidy_chatglm

History = list[tuple[str, str]]

SAMPLING = {"do_sample": True, "top_p": 0.7, "temperature": 0.95}
MAX_LENGTH = 2048
"""Of prompt and answer together, in tokens."""


class InvalidScores(LogitsProcessor):
    """Where float16 overflowed, says token 5 (a blank) rather than failing.

    Unlike the official one it does not wait for the device, and spares the other rows of the batch.
    """

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        blank = torch.zeros_like(scores)
        blank[:, 5] = 5e4
        return torch.where(scores.isfinite().all(-1, keepdim=True), scores, blank)


def chat(
    model: Any, tokenizer: ChatGLMTokenizer, query: str, history: Turns | None = None, **options: Any
) -> tuple[str, History]:
    """Answer a question after the turns so far; returns the answer, and the turns with this one.

    ``model`` may be wrapped by peft; ``options`` are those of ``generate``.
    """
    input_ids = _prompt(model, tokenizer, query, history)
    output = model.generate(input_ids, **_options(options))
    answer = _answer(tokenizer, output, input_ids)
    return answer, _with_turn(history, query, answer)


def stream_chat(
    model: Any, tokenizer: ChatGLMTokenizer, query: str, history: Turns | None = None, **options: Any
) -> Iterator[tuple[str, History]]:
    """Yield the answer as it grows. A character of several tokens is held back until it is whole."""
    input_ids = _prompt(model, tokenizer, query, history)
    for output in stream_ids(model, input_ids, **_options(options)):
        answer = _answer(tokenizer, output, input_ids)
        if not answer.endswith("\ufffd"):
            yield answer, _with_turn(history, query, answer)


def _prompt(model: Any, tokenizer: ChatGLMTokenizer, query: str, history: Turns | None) -> Tensor:
    encoded = tokenizer([tokenizer.build_prompt(query, history)], return_tensors="pt")
    input_ids: Tensor = encoded["input_ids"]
    return input_ids.to(model.device)


def _answer(tokenizer: ChatGLMTokenizer, output: Tensor, input_ids: Tensor) -> str:
    return tidy_chatglm(str(tokenizer.decode(output[0, input_ids.shape[1] :].tolist())))


def _options(given: dict[str, Any]) -> dict[str, Any]:
    sampling = SAMPLING if given.get("do_sample", True) else {"do_sample": False}
    length = {} if "max_new_tokens" in given else {"max_length": MAX_LENGTH}
    processors = LogitsProcessorList([*given.get("logits_processor", ()), InvalidScores()])
    return {"num_beams": 1, **length, **sampling, **given, "logits_processor": processors}


def _with_turn(history: Turns | None, query: str, answer: str) -> History:
    return [*((asked, told) for asked, told in history or ()), (query, answer)]
