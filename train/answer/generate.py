"""Answers to many prompts, the longest first: through slots of our own decoding, or batches of ``generate``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from schemas.errors import ModelError
from train.answer.answerer import Answerer
from train.answer.engine import Engine, Question, slots_for
from train.answer.manner import Manner
from train.encoding.examples import Ids
from train.models.decoding.covered import native_model
from train.models.decoding.decoder import Speed

Decoding = Literal["slots", "compiled", "plain"]
"""``plain`` is transformers' ``generate``; the others are used where they say the same."""


@dataclass(frozen=True, slots=True)
class Answer:
    record: int
    """Its number, from 0."""
    text: str
    tokens: int
    """Without the one that ends it."""
    finished: bool
    """False where the limit cut it."""


def answers(
    answerer: Answerer,
    prompts: Mapping[int, Ids],
    manner: Manner,
    *,
    batch_size: int = 8,
    decoding: Decoding = "slots",
) -> Iterator[list[Answer]]:
    """Yield answers as they come; ``prompts`` by the number of their record.

    Where the memory does not suffice, half as many are answered at once from then on. Answers that are drawn, or looked
    for with beams, come from ``generate``.
    """
    model = native_model(answerer.model) if decoding != "plain" and manner.is_greedy else None
    if model is None or not prompts:
        yield from _in_batches(answerer, prompts, manner, batch_size)
        return
    waiting = [Question(record, prompts[record], manner.max_new_tokens) for record in longest_first(prompts)]
    slots, speed = slots_for(model, waiting, batch_size), Speed(compiled=decoding == "compiled")
    while waiting:
        engine = Engine(model, waiting, ends=answerer.ends, slots=slots, speed=speed)
        try:
            for said in engine.run():
                yield [_answer(answerer, answer.record, answer.ids) for answer in said]
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
        waiting = engine.unanswered()  # greedily, an answer that is begun anew comes out the same
        del engine  # and with it its memory
        slots = _halved(slots, len(waiting[0].prompt), manner) if waiting else 0


def longest_first(prompts: Mapping[int, Ids]) -> list[int]:
    return sorted(prompts, key=lambda record: (-len(prompts[record]), record))


def _in_batches(
    answerer: Answerer, prompts: Mapping[int, Ids], manner: Manner, batch_size: int
) -> Iterator[list[Answer]]:
    """Drawn answers depend on the seed and on the batch's first record: whoever goes on later draws the same ones."""
    waiting = longest_first(prompts)
    keywords = manner.keywords(answerer)
    while waiting:
        batch = waiting[:batch_size]
        output = _generated(answerer, [prompts[record] for record in batch], keywords, seed=manner.seed + batch[0])
        if output is None:
            batch_size = _halved(len(batch), len(prompts[batch[0]]), manner)
            continue
        waiting = waiting[batch_size:]
        yield [_answer(answerer, record, ids) for record, ids in zip(batch, output, strict=True)]


def left_padded(prompts: Sequence[Ids], pad: int) -> dict[str, Tensor]:
    """Prompts as one batch, and which of its tokens are no padding."""
    width = max(map(len, prompts))
    padding = [width - len(ids) for ids in prompts]
    return {
        "input_ids": torch.tensor([[pad] * blank + ids for blank, ids in zip(padding, prompts, strict=True)]),
        "attention_mask": torch.tensor([[0] * blank + [1] * (width - blank) for blank in padding]),
    }


def _generated(
    answerer: Answerer, prompts: Sequence[Ids], keywords: Mapping[str, Any], *, seed: int
) -> list[Ids] | None:
    """The new tokens of each prompt; None where the memory does not suffice."""
    device = answerer.device
    batch = left_padded(prompts, keywords["pad_token_id"])
    on_card = [device] if device.type == "cuda" else []
    with torch.inference_mode(), torch.random.fork_rng(devices=on_card):
        torch.manual_seed(seed)
        try:
            output = answerer.model.generate(**{name: rows.to(device) for name, rows in batch.items()}, **keywords)
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            return None
    new: list[Ids] = output[:, batch["input_ids"].shape[1] :].tolist()
    return new


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _halved(rows: int, longest: int, manner: Manner) -> int:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if rows == 1:
        raise ModelError(
            f"out of memory with a single prompt of {longest} tokens and {manner.max_new_tokens} for the answer; "
            "lower --max-new-tokens or --max-source-length, or use a smaller --dtype"
        )
    return rows // 2


def _answer(answerer: Answerer, record: int, ids: Ids) -> Answer:
    ends = answerer.ends
    place = next((place for place, token in enumerate(ids) if token in ends), None)
    finished, told = place is not None, ids[:place]
    return Answer(record, answerer.family.tidy(answerer.text(told)), len(told), finished)
