"""The official preprocessing, exactly: ``ptuning/main.py`` of ChatGLM-6B and ChatGLM2-6B.

Everything is cut on the right, so that a long history pushes out the question and its ``答：``; ChatGLM-6B asks a first
question in rounds when it trains and bare when it is evaluated, and ``<sop>`` carries loss; examples are padded to the
limits; control tokens typed in a text are control tokens. ``default.py`` does otherwise.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from schemas.statistics import SequenceLimits, TruncationLosses
from train.encoding.default import histories, with_both_sides
from train.encoding.examples import HIDDEN, Example, Examples, Ids, slices
from train.encoding.form import Wording
from train.models.tokenizer import ChatGLMTokenizer
from train.prompts import Turns

_MAP_BATCH = 1000
"""Records that ``datasets.map`` takes at once: the official evaluation pads each such batch by itself."""

Prompt = Callable[[str, Turns], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """What differs between the generations. Fulfils ``Preprocessing``."""

    learns_every_answer: ClassVar[bool] = False

    lone: Prompt
    """The prompt of a record without a history column."""
    trained: Prompt
    """With a history column, empty histories included."""
    evaluated: Prompt
    turn: Callable[[int, str, str], str]
    """An earlier turn with its number from 0, as it stands in a prompt."""
    turn_ending: int
    """Tokens at the end of a turn that are no text."""
    ending: str
    """What follows the question."""
    source_control: int
    """Tokens of ``max_source_length`` that the text cannot take."""
    answer_control: int
    """Tokens of ``max_target_length`` that the text cannot take."""
    example: Callable[[ChatGLMTokenizer, Ids, Ids], Example]
    """Source and answer, cut already, as one example."""
    width: Callable[[SequenceLimits], int]
    """The length that every example is padded to."""

    def examples(
        self,
        records: pl.DataFrame,
        tokenizer: Any,
        limits: SequenceLimits,
        *,
        wording: Wording,
        ignore_pad_token_for_loss: bool,
    ) -> Examples:
        return encode(
            records,
            tokenizer,
            self,
            limits,
            source_prefix=wording.prefix,
            ignore_pad_token_for_loss=ignore_pad_token_for_loss,
        )

    def prompts(self, records: pl.DataFrame, tokenizer: Any, limits: SequenceLimits, *, wording: Wording) -> list[Ids]:
        return evaluated_ids(records, tokenizer, self, limits, source_prefix=wording.prefix)

    def losses(
        self, records: pl.DataFrame, tokenizer: Any, limits: Sequence[SequenceLimits], *, wording: Wording
    ) -> list[TruncationLosses]:
        from train.encoding.official_losses import truncation  # which needs this module

        return truncation(records, tokenizer, self, limits, source_prefix=wording.prefix)


def encode(
    records: pl.DataFrame,
    tokenizer: ChatGLMTokenizer,
    official: Official,
    limits: SequenceLimits,
    *,
    source_prefix: str = "",
    ignore_pad_token_for_loss: bool = True,
) -> Examples:
    """Training examples; a ``history`` column makes dialogues of the records."""
    parts = (
        _examples(part, tokenizer, official, limits, source_prefix, hides_pad=ignore_pad_token_for_loss)
        for part in slices(with_both_sides(records))
    )
    return Examples.joined(list(parts))


def encode_evaluation(
    records: pl.DataFrame,
    tokenizer: ChatGLMTokenizer,
    official: Official,
    limits: SequenceLimits,
    *,
    source_prefix: str = "",
    ignore_pad_token_for_loss: bool = True,
) -> Iterator[dict[str, list[Any]]]:
    """Padded prompts with masks and positions, and the answers as labels, one ``datasets.map`` batch at a time."""
    full = with_both_sides(records)
    for batch in full.iter_slices(_MAP_BATCH):
        prompts = _prompts(batch, official, official.evaluated, source_prefix)
        cut: dict[str, Any] = {"truncation": True, "split_special_tokens": False}
        encoded = dict(tokenizer(prompts, max_length=limits.source, padding=True, **cut))
        labels = tokenizer(text_target=batch["response"].to_list(), max_length=limits.target, **cut)["input_ids"]
        hides = tokenizer.pad_token_id if ignore_pad_token_for_loss else None
        yield encoded | {"labels": [[HIDDEN if label == hides else label for label in row] for row in labels]}


def evaluated_ids(
    records: pl.DataFrame,
    tokenizer: ChatGLMTokenizer,
    official: Official,
    limits: SequenceLimits,
    *,
    source_prefix: str = "",
) -> list[Ids]:
    """The prompts of ``encode_evaluation``, not padded."""
    prompts = _prompts(records, official, official.evaluated, source_prefix)
    room = limits.source - tokenizer.num_special_tokens_to_add()
    encoded = tokenizer.encode_texts(prompts, split_special_tokens=False)
    return [tokenizer.build_inputs_with_special_tokens(ids[:room]) for ids in encoded]


def _examples(
    records: pl.DataFrame,
    tokenizer: ChatGLMTokenizer,
    official: Official,
    limits: SequenceLimits,
    source_prefix: str,
    *,
    hides_pad: bool,
) -> Examples:
    prompts = _prompts(records, official, official.trained, source_prefix)
    sources = tokenizer.encode_texts(prompts, split_special_tokens=False)
    answers = tokenizer.encode_texts(records["response"].to_list(), split_special_tokens=False)
    room, answer_room = limits.source - official.source_control, limits.target - official.answer_control
    rows = (
        official.example(tokenizer, source[:room], answer[:answer_room])
        for source, answer in zip(sources, answers, strict=True)
    )
    pad, width = int(tokenizer.pad_token_id), official.width(limits)
    return Examples.of([_padded(row, pad, width, hides_pad=hides_pad) for row in rows])


def _prompts(records: pl.DataFrame, official: Official, dialogue: Prompt, source_prefix: str) -> list[str]:
    prompt = dialogue if "history" in records.columns else official.lone
    asked = zip(records["prompt"].to_list(), histories(records).to_list(), strict=True)
    return [source_prefix + prompt(question, history) for question, history in asked]


def _padded(example: Example, pad: int, width: int, *, hides_pad: bool) -> Example:
    padding = [pad] * (width - len(example.input_ids))
    labels = example.labels + padding
    if hides_pad:
        labels = [HIDDEN if label == pad else label for label in labels]
    return example._replace(input_ids=example.input_ids + padding, labels=labels)
