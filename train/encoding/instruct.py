"""The preprocessing of the early ``Instruction: … Input: … Answer:`` trainer, exactly (27182812's for ChatGLM)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from torch import Tensor

from schemas.prompts import apply_prompt
from schemas.statistics import SequenceLimits, TruncationLosses
from train.encoding.collate import PadRight
from train.encoding.default import histories, with_both_sides
from train.encoding.examples import HIDDEN, Encoded, Example, Examples, Ids
from train.encoding.form import Wording
from train.prompts import Turns


def context(record: Mapping[str, str]) -> str:
    """What stands before the answer of a record ``{instruction, input?, output}``."""
    given = f"\nInput: {record['input']}" if record.get("input") else ""
    return apply_prompt("instruction", record["instruction"] + given)


def encode_instructions(
    contexts: Sequence[str],
    answers: Sequence[str],
    tokenizer: Any,
    max_length: int,
    *,
    skip_overlength: bool = False,
    learns_the_opening: bool = True,
) -> Examples:
    """Examples cut on the right, the token that ends them included; or left out, those that are longer.

    ``learns_the_opening``: the last token of the context, ChatGLM-6B's ``<sop>``, carries loss. A context that fills
    ``max_length`` leaves nothing but it to learn.
    """
    options = {"max_length": max_length, "truncation": True, "split_special_tokens": False}
    sources = tokenizer(list(contexts), **options)["input_ids"]
    learnt = tokenizer(list(answers), add_special_tokens=False, **options)["input_ids"]
    rows = [
        _example(source, [*answer, int(tokenizer.eos_token_id)], max_length, hidden=len(source) - learns_the_opening)
        for source, answer in zip(sources, learnt, strict=True)
        if not skip_overlength or len(source) + len(answer) + 1 <= max_length
    ]
    return Examples.of(rows)


def collate_instructions(examples: Examples, pad: int) -> dict[str, Tensor]:
    """All examples as one batch, the longest first."""
    batch = sorted(examples, key=lambda example: len(example["input_ids"]), reverse=True)
    return PadRight(pad=pad)(batch)


def dialogue_context(question: str, history: Turns, wording: Wording) -> str:
    """The context of a record that is a dialogue: earlier turns stand in the same form, which the trainer had not."""
    earlier = "".join(f"{apply_prompt('instruction', asked)}{told}\n" for asked, told in history)
    asked = wording.dialogue(question, [])
    return f"{asked.prefix}{earlier}{apply_prompt('instruction', asked.question)}"


def encode(
    records: pl.DataFrame, tokenizer: Any, limits: SequenceLimits, wording: Wording, *, learns_the_opening: bool
) -> Encoded:
    """Examples of records: both limits together are the trainer's ``max_length``."""
    full = with_both_sides(records)
    made = encode_instructions(
        _contexts(full, wording),
        full["response"].to_list(),
        tokenizer,
        limits.source + limits.target,
        learns_the_opening=learns_the_opening,
    )
    [losses] = truncation(full, tokenizer, [limits], wording)
    return Encoded(examples=made, losses=losses, empty=records.height - full.height)


def encode_prompts(records: pl.DataFrame, tokenizer: Any, limits: SequenceLimits, wording: Wording) -> list[Ids]:
    """What the model is asked in evaluation, one entry a record."""
    return _sources(_contexts(records, wording), tokenizer, max_length=limits.source + limits.target, truncation=True)


def truncation(
    records: pl.DataFrame, tokenizer: Any, limits: Sequence[SequenceLimits], wording: Wording
) -> list[TruncationLosses]:
    """What is cut on the right at each pair of limits; turns stand before the question and are cut after it."""
    full = with_both_sides(records)
    asked = np.array([len(ids) for ids in _sources(_contexts(full, wording), tokenizer)], dtype=np.int64)
    answers = tokenizer(full["response"].to_list(), add_special_tokens=False)["input_ids"] if full.height else []
    told = np.array([len(ids) for ids in answers], dtype=np.int64)
    return [_losses(pair, asked, told) for pair in limits]


def _losses(limits: SequenceLimits, asked: npt.NDArray[np.int64], told: npt.NDArray[np.int64]) -> TruncationLosses:
    room = limits.source + limits.target
    return TruncationLosses(
        limits=limits,
        records=len(asked),
        answers_cut=int((asked + told > room).sum()),
        questions_cut=int((asked > room).sum()),
        questions_gone=0,
        turns_cut=0,
        lost_turns=0,
    )


def _contexts(records: pl.DataFrame, wording: Wording) -> list[str]:
    asked = zip(records["prompt"].to_list(), histories(records).to_list(), strict=True)
    return [dialogue_context(question, history, wording) for question, history in asked]


def _sources(contexts: Sequence[str], tokenizer: Any, **options: Any) -> list[Ids]:
    return list(tokenizer(list(contexts), split_special_tokens=False, **options)["input_ids"]) if contexts else []


def _example(source: Ids, learnt: Ids, max_length: int, *, hidden: int) -> Example:
    ids = (source + learnt)[:max_length]
    return Example(ids, [HIDDEN] * min(hidden, len(ids)) + ids[hidden:], min(len(source), len(ids)))
