"""Our encoding, where the official one hurts.

The oldest whole turns go, never the question (``fit.py``); training and evaluation ask in the same form; only the
answer and its end carry loss, so no ``<sop>``; an answer that is cut does not end, so nobody learns to stop in the
middle of a sentence. With ``loss="all"`` every answer of a dialogue becomes an example of its own: in ChatGLM-6B the
prompt is read in both directions, and in both generations an answer is written otherwise than in a history, so one
sequence for all of them would train on something that is never asked. Where a family writes each example as the
beginning of the next one (most chat templates), they are joined again, which changes nothing but the work.
"""

from collections.abc import Iterable, Sequence

import polars as pl

from schemas.records import HISTORY
from schemas.statistics import SequenceLimits, TruncationLosses
from train.encoding.examples import HIDDEN, Encoded, Example, Examples, Ids, Loss, slices, summed
from train.encoding.fit import Fitted, fit
from train.encoding.form import PLAIN, Form, Wording


def encode(
    records: pl.DataFrame, form: Form, limits: SequenceLimits, *, loss: Loss = "last", wording: Wording = PLAIN
) -> Encoded:
    """Examples of records (columns ``prompt``, ``response`` and, for dialogues, ``history``)."""
    answered = every_answer(records) if loss == "all" else records
    return Encoded.joined([_encode(part, form, limits, wording, joins=loss == "all") for part in slices(answered)])


def encode_prompts(records: pl.DataFrame, form: Form, limits: SequenceLimits, *, wording: Wording = PLAIN) -> list[Ids]:
    """What the model is asked in evaluation, one entry a record: exactly what stands before the answers in training.

    Every record must have a prompt; answers may be missing.
    """
    return [ids for part in slices(records) for ids in _fitted(part, form, limits, wording).sources]


def truncation(
    records: pl.DataFrame, form: Form, limits: Sequence[SequenceLimits], *, wording: Wording = PLAIN
) -> list[TruncationLosses]:
    """What ``encode`` would cut at each pair of limits."""
    parts = [_truncation(part, form, limits, wording) for part in slices(with_both_sides(records))]
    return [summed(same) for same in zip(*parts, strict=True)]


def every_answer(records: pl.DataFrame) -> pl.DataFrame:
    """Each dialogue once per answer in it, earlier answers first; an answer that already has a record is not repeated.

    Records that stand twice in the input stay twice.
    """
    if "history" not in records.columns:
        return records
    answers = _answers(records)
    first = pl.concat([answers.filter("own"), answers.filter(~pl.col("own"))]).with_columns(
        first=pl.struct("prompt", "response", "history").is_first_distinct()
    )
    return first.filter(pl.col("own") | pl.col("first")).sort("row", "number").select(records.columns)


def _answers(records: pl.DataFrame) -> pl.DataFrame:
    """Each answer in the place of the response, with the turns before it as history; ``own``: it was the response."""
    number, turns = pl.col("number"), pl.col("history").list.len()
    turn = pl.col("history").list.get(number, null_on_oob=True)
    earlier = number < turns
    return (
        records.with_columns(pl.col("history").fill_null([]))
        .with_row_index("row")
        .with_columns(number=pl.int_ranges(0, turns + 1))
        .explode("number")
        .with_columns(
            prompt=pl.when(earlier).then(turn.list.get(0, null_on_oob=True)).otherwise("prompt"),
            response=pl.when(earlier).then(turn.list.get(1, null_on_oob=True)).otherwise("response"),
            own=~earlier,
            history=pl.col("history").list.head(number),
        )
    )


def with_both_sides(records: pl.DataFrame) -> pl.DataFrame:
    """Records with a prompt and an answer: the others have nothing to teach."""
    return records.filter(*(pl.col(side).fill_null("") != "" for side in ("prompt", "response")))


def histories(records: pl.DataFrame) -> pl.Series:
    """Of each record its earlier turns; none where the records have no such column."""
    if "history" in records.columns:
        return records["history"].fill_null([])
    return pl.Series("history", [[]], dtype=HISTORY).new_from_index(0, records.height)


def _encode(
    records: pl.DataFrame, form: Form, limits: SequenceLimits, wording: Wording, *, joins: bool = False
) -> Encoded:
    full = with_both_sides(records)
    answers = form.answers(full["response"].to_list())
    fitted = _fitted(full, form, limits, wording)
    rows = [
        _example(source, answer, form.end, limits.target)
        for source, answer in zip(fitted.sources, answers, strict=True)
    ]
    return Encoded(
        examples=Examples.of(joined(rows) if joins else rows),
        losses=_losses(full, fitted, answers, limits),
        empty=records.height - full.height,
    )


def _truncation(
    records: pl.DataFrame, form: Form, limits: Sequence[SequenceLimits], wording: Wording
) -> list[TruncationLosses]:
    answers = form.answers(records["response"].to_list())
    return [_losses(records, _fitted(records, form, pair, wording), answers, pair) for pair in limits]


def _fitted(records: pl.DataFrame, form: Form, limits: SequenceLimits, wording: Wording) -> Fitted:
    return fit(records["prompt"].to_list(), histories(records).to_list(), form, limits.source, wording)


def _example(source: Ids, answer: Ids, end: int, room: int) -> Example:
    learnt = [*answer, end][:room]
    return Example(source + learnt, [HIDDEN] * len(source) + learnt, len(source))


def joined(rows: Iterable[Example]) -> list[Example]:
    """One example of several, where one goes on from another: the same loss, read once."""
    made: list[Example] = []
    for row in rows:
        before = made[-1] if made else None
        end = 0 if before is None else len(before.input_ids)
        if before is not None and end <= row.answer_start and row.input_ids[:end] == before.input_ids:
            made[-1] = Example(row.input_ids, before.labels + row.labels[end:], before.answer_start)
        else:
            made.append(row)
    return made


def _losses(records: pl.DataFrame, fitted: Fitted, answers: Sequence[Ids], limits: SequenceLimits) -> TruncationLosses:
    earlier = histories(records).list.len().to_list()
    lost_turns = [had - kept for had, kept in zip(earlier, fitted.turns, strict=True)]
    asked = records["prompt"].str.len_chars().to_list()
    return TruncationLosses(
        limits=limits,
        records=records.height,
        answers_cut=sum(len(answer) > limits.target for answer in answers),
        questions_cut=sum(kept < had for had, kept in zip(asked, fitted.chars, strict=True)),
        questions_gone=sum(kept == 0 < had for had, kept in zip(asked, fitted.chars, strict=True)),
        turns_cut=sum(lost > 0 for lost in lost_turns),
        lost_turns=sum(lost_turns),
    )
