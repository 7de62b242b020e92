"""Conversation as the official code holds it; earlier turns are read anew each time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessor, LogitsProcessorList

from train.models.pieces import PiecesTokenizer
from train.models.streaming import stream_ids
from train.prompts import Turns

History = list[tuple[str, str]]


class InvalidScores(LogitsProcessor):
    """Where float16 overflowed, says token 5 (a blank) rather than failing.

    Unlike the official one it does not wait for the device, and spares the other rows of the batch.
    """

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        blank = torch.zeros_like(scores)
        blank[:, 5] = 5e4
        return torch.where(scores.isfinite().all(-1, keepdim=True), scores, blank)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """How a generation converses; ``options`` are those of ``generate``, and models may be wrapped by peft."""

    sampling: Mapping[str, Any]
    max_length: int
    """Of prompt and answer together, in tokens."""
    tidy: Callable[[str], str]

    def chat(
        self, model: Any, tokenizer: PiecesTokenizer, query: str, history: Turns | None = None, **options: Any
    ) -> tuple[str, History]:
        """Answer a question after the turns so far; returns the answer, and the turns with this one."""
        prompt = _prompt(model, tokenizer, query, history)
        answer = self._answer(tokenizer, model.generate(prompt, **self._options(prompt, options)), prompt)
        return answer, _with_turn(history, query, answer)

    def stream_chat(
        self, model: Any, tokenizer: PiecesTokenizer, query: str, history: Turns | None = None, **options: Any
    ) -> Iterator[tuple[str, History]]:
        """Yield the answer as it grows. A character of several tokens is held back until it is whole."""
        prompt = _prompt(model, tokenizer, query, history)
        for output in stream_ids(model, prompt, **self._options(prompt, options)):
            answer = self._answer(tokenizer, output, prompt)
            if not answer.endswith("\ufffd"):
                yield answer, _with_turn(history, query, answer)

    def _answer(self, tokenizer: PiecesTokenizer, output: Tensor, prompt: Tensor) -> str:
        return self.tidy(str(tokenizer.decode(output[0, prompt.shape[1] :].tolist())))

    def _options(self, prompt: Tensor, given: dict[str, Any]) -> dict[str, Any]:
        sampling = self.sampling if given.get("do_sample", True) else {"do_sample": False}
        length = {} if "max_new_tokens" in given else {"max_length": self.max_length}
        processors = LogitsProcessorList([*given.get("logits_processor", ()), InvalidScores()])
        nothing_hidden = torch.ones_like(prompt)  # a pad token that is typed would be taken for padding
        asked = {"num_beams": 1, "attention_mask": nothing_hidden, **length, **sampling, **given}
        return {**asked, "logits_processor": processors}


def _prompt(model: Any, tokenizer: PiecesTokenizer, query: str, history: Turns | None) -> Tensor:
    return torch.tensor([tokenizer.prompt_ids(query, history)], device=model.device)


def _with_turn(history: Turns | None, query: str, answer: str) -> History:
    return [*((asked, told) for asked, told in history or ()), (query, answer)]
