"""The preprocessing of Baichuan2's ``fine-tune.py``, exactly: a whole conversation is one example, every answer learnt.

A control token stands before each turn, and none ends it but the last: where the next question begins, the end of the
answer before it is learnt. (So it is at the very first one, which nothing foretells.) Everything is cut on the right,
so a long conversation loses its latest answers. The official script pads each example to the limit, which we leave to
the batch: what is padded carries no loss and nobody sees it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar, NamedTuple

import polars as pl

from schemas.statistics import SequenceLimits, TruncationLosses
from train.encoding import default
from train.encoding.default import histories, with_both_sides
from train.encoding.examples import HIDDEN, Example, Examples, Ids, slices, summed
from train.encoding.form import Form, Wording


class Turn(NamedTuple):
    asks: bool
    ids: Ids


def conversation(turns: Sequence[Turn], tokenizer: Any, room: int) -> Example:
    """Turns in any order as one example of at most ``room`` tokens; its answer is the text of the last one."""
    ids: Ids = []
    labels: Ids = []
    start, end = 0, int(tokenizer.eos_token_id)
    for asks, said in turns:
        ids += [tokenizer.user_token_id if asks else tokenizer.assistant_token_id, *said]
        labels += [end, *[HIDDEN] * len(said)] if asks else [HIDDEN, *said]
        start = len(ids) - len(said)
    return Example([*ids, end][:room], [*labels, end][:room], min(start, room))


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversations:
    """Fulfils ``Preprocessing``; the two limits count together, as the script's ``model_max_length``."""

    form: Callable[[Any], Form]
    """How the model is asked in evaluation, which the script leaves open."""
    learns_every_answer: ClassVar[bool] = True

    def examples(
        self,
        records: pl.DataFrame,
        tokenizer: Any,
        limits: SequenceLimits,
        *,
        wording: Wording,
        ignore_pad_token_for_loss: bool,
    ) -> Examples:
        """Padding carries no loss here, whatever is asked for."""
        room = limits.source + limits.target
        parts = (
            Examples.of([conversation(turns, tokenizer, room) for turns in _conversations(part, tokenizer, wording)])
            for part in slices(with_both_sides(records))
        )
        return Examples.joined(list(parts))

    def prompts(self, records: pl.DataFrame, tokenizer: Any, limits: SequenceLimits, *, wording: Wording) -> list[Ids]:
        return default.encode_prompts(records, self.form(tokenizer), limits, wording=wording)

    def losses(
        self, records: pl.DataFrame, tokenizer: Any, limits: Sequence[SequenceLimits], *, wording: Wording
    ) -> list[TruncationLosses]:
        """What the limits cut off on the right."""
        parts = [
            [list(_ends(turns)) for turns in _conversations(part, tokenizer, wording)]
            for part in slices(with_both_sides(records))
        ]
        return [summed([_losses(part, pair) for part in parts]) for pair in limits]


def _conversations(records: pl.DataFrame, tokenizer: Any, wording: Wording) -> Iterator[list[Turn]]:
    """Of each record its turns; a text may spell control tokens, as in the official script."""
    rows = zip(records["prompt"], records["response"], histories(records).to_list(), strict=True)
    spoken = [[*(text for pair in history for text in pair), prompt, response] for prompt, response, history in rows]
    texts = [text for turns in spoken for text in (wording.prefix + turns[0], *turns[1:])]
    encoded = iter(tokenizer.encode_texts(texts, split_special_tokens=False))
    for turns in spoken:
        yield [
            Turn(number % 2 == 0, tokenizer.build_inputs_with_special_tokens(next(encoded)))
            for number in range(len(turns))
        ]


def _ends(turns: Sequence[Turn]) -> Iterator[int]:
    """Where each turn ends."""
    return accumulate(1 + len(turn.ids) for turn in turns)


def _losses(conversations: Sequence[Sequence[int]], limits: SequenceLimits) -> TruncationLosses:
    room = limits.source + limits.target
    lost = [sum(end > room for end in ends[1:-2:2]) for ends in conversations]
    starts = [ends[-3] + 1 if len(ends) > 2 else 1 for ends in conversations]
    return TruncationLosses(
        limits=limits,
        records=len(conversations),
        answers_cut=sum(ends[-1] + 1 > room for ends in conversations),
        questions_cut=sum(ends[-2] > room for ends in conversations),
        questions_gone=sum(start >= room for start in starts),
        turns_cut=sum(count > 0 for count in lost),
        lost_turns=sum(lost),
    )
