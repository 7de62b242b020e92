"""What the official preprocessing would cut off: it keeps the START of the source and of the answer.

ChatGLM-6B's ``ptuning/main.py``: ``a_ids[: max_source_length - 1]`` and ``b_ids[: max_target_length - 2]``. With a
history column the source is ``[Round 0]``, ``问：…``, ``答：…``, ``[Round 1]``, ``问：…``, ``答：``, each on its own
line: what an over-long history pushes out is the question that the answer belongs to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.stats.lengths import Measure, in_chars, in_tokens
from schemas.limits import TokenCounter, Unit
from schemas.records import Shape
from schemas.statistics import SequenceLimits, TruncationLosses

DEFAULT_LIMITS = tuple(
    SequenceLimits(source=source, target=target)
    for source, target in ((64, 64), (128, 512), (256, 256), (512, 512), (1024, 512))
)
_TURN = "[Round {}]\n问：{}\n答：{}\n"
_OPENING = "[Round {}]\n问："


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialTruncation:
    """Counts the texts between the tokens that are always there; each turn of a dialogue is measured by itself."""

    name: str
    unit: Unit
    measure: Measure

    def losses(self, records: pl.DataFrame, shape: Shape, limits: Sequence[SequenceLimits]) -> list[TruncationLosses]:
        lengths = _source_lengths(records, shape, self.measure)
        return [_losses(lengths, pair) for pair in limits]


def official_truncation(counter: TokenCounter | None = None) -> OfficialTruncation:
    """In tokens of ``counter``; without one in characters, as a stand-in that the name admits."""
    if counter is None:
        name = "ChatGLM-6B's rule, in characters as a stand-in for tokens (--tokenizer counts tokens)"
        return OfficialTruncation(name=name, unit="chars", measure=in_chars)
    return OfficialTruncation(
        name=f"ChatGLM-6B's rule, in tokens of {counter.name}", unit="tokens", measure=in_tokens(counter)
    )


def summed(parts: Iterable[Sequence[TruncationLosses]]) -> tuple[TruncationLosses, ...]:
    """Add up the losses of blocks or splits, limit by limit."""
    return tuple(
        TruncationLosses(
            limits=same[0].limits,
            records=sum(part.records for part in same),
            answers_cut=sum(part.answers_cut for part in same),
            questions_cut=sum(part.questions_cut for part in same),
            questions_gone=sum(part.questions_gone for part in same),
            turns_cut=sum(part.turns_cut for part in same),
            lost_turns=sum(part.lost_turns for part in same),
        )
        for same in zip(*parts, strict=True)
    )


def _source_lengths(records: pl.DataFrame, shape: Shape, measure: Measure) -> pl.DataFrame:
    """Where in the source the earlier turns end, the question starts and ends; and how long the answer is."""
    answer = measure(records["response"])
    if shape == "pair":
        none = pl.Series([[]], dtype=pl.List(pl.Int64)).new_from_index(0, records.height)
        columns = {"turn_ends": none, "start": pl.zeros(records.height, pl.Int64, eager=True), "answer": answer}
        return pl.DataFrame(columns | {"end": measure(records["prompt"])}).cast({"end": pl.Int64})
    turn_ends = _turn_ends(records["history"], measure)
    number = records["history"].list.len()
    opening = measure(records.select(pl.format(_OPENING, number)).to_series())
    question = measure(records.select(pl.format(_OPENING + "{}", number, "prompt")).to_series())
    earlier = turn_ends.list.last().fill_null(0)
    return pl.DataFrame(
        {"turn_ends": turn_ends, "start": earlier + opening, "end": earlier + question, "answer": answer}
    )


def _turn_ends(history: pl.Series, measure: Measure) -> pl.Series:
    """For each record the place in the source at which each earlier turn ends."""
    turns = history.to_frame("turn").with_row_index("row").explode("turn").drop_nulls("turn")
    turns = turns.with_columns(number=pl.int_range(pl.len()).over("row"))
    texts = turns.select(pl.format(_TURN, "number", *(pl.col("turn").list.get(side) for side in (0, 1)))).to_series()
    ends = turns.with_columns(length=measure(texts).cast(pl.Int64)).group_by("row", maintain_order=True)
    summed_up = ends.agg(turn_ends=pl.col("length").cum_sum())
    rows = pl.DataFrame({"row": pl.int_range(len(history), dtype=pl.get_index_type(), eager=True)})
    return rows.join(summed_up, on="row", how="left", maintain_order="left")["turn_ends"].fill_null([])


def _losses(lengths: pl.DataFrame, limits: SequenceLimits) -> TruncationLosses:
    room = limits.source - 1
    cut_turns = pl.col("turn_ends").list.eval(pl.element() > room).list.sum()
    counts = lengths.select(
        answers_cut=(pl.col("answer") > limits.target - 2).sum(),
        questions_cut=(pl.col("end") > room).sum(),
        questions_gone=(pl.col("start") >= room).sum(),
        turns_cut=(cut_turns > 0).sum(),
        lost_turns=cut_turns.sum(),
    )
    return TruncationLosses(limits=limits, records=lengths.height, **counts.row(0, named=True))
