"""What the official preprocessing cuts off: it keeps the start of the source and of the answer.

Every turn ends with a line feed, which both vocabularies keep as a piece of its own: a turn takes as many tokens in a
prompt as alone, so that its place is known without encoding the beginning of a dialogue again and again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.statistics import SequenceLimits, TruncationLosses
from train.encoding.default import histories, with_both_sides
from train.encoding.examples import slices, summed
from train.encoding.official import Official, Prompt
from train.models.tokenizer import ChatGLMTokenizer

Lengths = npt.NDArray[np.int64]


class _Part(NamedTuple):
    text: str
    follows: bool = False
    """On a line feed, as whatever is not at the start of the source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Token counts, one a record (``turn_ends``: one an earlier turn, of all records)."""

    turn_ends: Lengths
    turn_owners: Lengths
    starts: Lengths
    """Where the question starts in the source."""
    ends: Lengths
    answers: Lengths


def truncation(
    records: pl.DataFrame,
    tokenizer: ChatGLMTokenizer,
    official: Official,
    limits: Sequence[SequenceLimits],
    *,
    source_prefix: str = "",
) -> list[TruncationLosses]:
    """What the official training would cut at each pair of limits; a ``history`` column makes dialogues."""
    places = [_places(part, tokenizer, official, source_prefix) for part in slices(with_both_sides(records))]
    return [summed([_losses(part, official, pair) for part in places]) for pair in limits]


def _losses(places: _Places, official: Official, limits: SequenceLimits) -> TruncationLosses:
    room = limits.source - official.source_control
    lost = places.turn_ends - official.turn_ending > room
    return TruncationLosses(
        limits=limits,
        records=len(places.ends),
        answers_cut=int((places.answers > limits.target - official.answer_control).sum()),
        questions_cut=int((places.ends > room).sum()),
        questions_gone=int((places.starts >= room).sum()),
        turns_cut=len(np.unique(places.turn_owners[lost])),
        lost_turns=int(lost.sum()),
    )


def _places(records: pl.DataFrame, tokenizer: ChatGLMTokenizer, official: Official, prefix: str) -> _Places:
    earlier = histories(records).to_list()
    prompt = official.trained if "history" in records.columns else official.lone
    dialogues = zip(records["prompt"].to_list(), earlier, strict=True)
    lengths = _lengths(tokenizer, [part for asked in dialogues for part in _parts(*asked, official, prompt, prefix)])
    turn_ends: list[int] = []
    starts, ends = [], []
    place = 0
    for history in earlier:
        reached = list(accumulate(lengths[place : place + len(history)]))
        opening, asked = lengths[place + len(history) : place + len(history) + 2]
        before = reached[-1] if reached else 0
        turn_ends += reached
        starts.append(before + opening)
        ends.append(before + asked)
        place += len(history) + 2
    return _Places(
        turn_ends=np.array(turn_ends, dtype=np.int64),
        turn_owners=np.repeat(np.arange(records.height), [len(history) for history in earlier]),
        starts=np.array(starts, dtype=np.int64),
        ends=np.array(ends, dtype=np.int64),
        answers=np.array(_lengths(tokenizer, [_Part(answer) for answer in records["response"]]), dtype=np.int64),
    )


def _parts(
    question: str, history: Sequence[Sequence[str]], official: Official, prompt: Prompt, prefix: str
) -> list[_Part]:
    """Each earlier turn, then what opens the question, then the same with the question."""
    turns = [official.turn(number, *turn) for number, turn in enumerate(history)]
    opening = prompt("", history).removeprefix("".join(turns)).removesuffix(official.ending)
    if not turns:
        return [_Part(prefix + opening), _Part(prefix + opening + question)]
    first, *others = turns
    return [_Part(prefix + first), *(_Part(text, follows=True) for text in (*others, opening, opening + question))]


def _lengths(tokenizer: ChatGLMTokenizer, parts: Sequence[_Part]) -> list[int]:
    line_feed = len(tokenizer.encode_texts(["\n"])[0])
    texts = [f"\n{part.text}" if part.follows else part.text for part in parts]
    encoded = tokenizer.encode_texts(texts, split_special_tokens=False)
    return [len(ids) - line_feed * part.follows for part, ids in zip(parts, encoded, strict=True)]
