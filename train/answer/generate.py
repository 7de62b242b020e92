"""Answers to many prompts: batches padded on the left, the longest prompts first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from schemas.errors import ModelError
from train.answer.answerer import Answerer
from train.answer.manner import Manner
from train.encoding.examples import Ids


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
    answerer: Answerer, prompts: Mapping[int, Ids], manner: Manner, *, batch_size: int = 8
) -> Iterator[list[Answer]]:
    """Yield the answers of one batch after the other; ``prompts`` by the number of their record.

    A batch for which the memory does not suffice is halved, and so are all after it. Drawn answers depend on the seed
    and on the batch's first record: a generation that goes on where it was broken off draws the same ones.
    """
    waiting = sorted(prompts, key=lambda record: (-len(prompts[record]), record))
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
    finished = answerer.end in ids
    told = ids[: ids.index(answerer.end)] if finished else ids
    return Answer(record, answerer.family.tidy(answerer.text(told)), len(told), finished)
