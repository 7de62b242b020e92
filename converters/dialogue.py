"""Dialogues: the turns of two speakers become records of a question, its answer and everything said before."""

from collections.abc import Mapping

import polars as pl

from converters.converter import ROW, Options
from schemas.reasons import TURN_COUNTS

USER, ASSISTANT, SYSTEM, PART, UNKNOWN = "user", "assistant", "system", "part", "unknown"
SPEAKERS: Mapping[str, str] = {
    **dict.fromkeys(("user", "human", "prompter", "client", "用户", "客户", "咨询者", "问"), USER),
    **dict.fromkeys(("assistant", "gpt", "bot", "moss", "chatgpt", "model", "助手", "律师", "答"), ASSISTANT),
    **dict.fromkeys(("system", "developer", "tool", "function", "function_call", "observation", "系统"), SYSTEM),
    PART: PART,
}
"""Names of speakers in lower case. ``part`` is none: the piece of a message that is no text, e.g. an image."""

LEFT_OUT: Mapping[str, str] = {"system_turns": SYSTEM, "unknown_turns": UNKNOWN, "other_parts": PART}
"""Turns that take no part in a dialogue, by the name of their count."""

DIALOGUE, RUN, POSITION = "__dialogue__", "__run__", "__position__"


def dialogue_records(
    rows: pl.LazyFrame,
    turns: pl.Expr,
    options: Options,
    *,
    context: pl.Expr | None = None,
    group: pl.Expr | None = None,
) -> pl.LazyFrame:
    """One record for every answer (or only the last), with all earlier pairs of the dialogue as its history.

    ``turns`` is of type ``TURNS``. ``context`` is text put in front of the first question; ``group`` replaces the
    first question as the group where it is not null. A row without a pair is one line with a reason.

    Empty turns stay where they are, so that no answer moves to another question: the record of an empty answer or
    question is there (validation rejects it), and later histories hold the pair with its empty side, as it was said.
    Every turn is accounted for: turns = 2 x pairs + the sum of all counts but ``unused_turns``.
    """
    nothing = pl.lit(None, pl.String)
    dialogues = rows.with_row_index(DIALOGUE).select(
        DIALOGUE,
        ROW,
        context=nothing if context is None else context,
        named=nothing if group is None else group,
        speaker=turns.list.eval(_speaker(pl.element().struct.field("from"))),
        text=turns.list.eval(pl.element().struct.field("value").fill_null("")),
    )
    paired = dialogues.pipe(_runs).pipe(_pairs)
    return dialogues.join(paired, on=DIALOGUE, how="left", maintain_order="left").pipe(_records, options)


def _speaker(name: pl.Expr) -> pl.Expr:
    return name.str.strip_chars().str.to_lowercase().replace_strict(SPEAKERS, default=UNKNOWN)


def _runs(dialogues: pl.LazyFrame) -> pl.LazyFrame:
    """Neighbouring turns of one speaker as one, joined by a newline; empty ones add none."""
    turns = (
        dialogues.select(DIALOGUE, "context", "speaker", "text")
        .explode("speaker", "text")
        .filter(pl.col("speaker").is_in([USER, ASSISTANT]))
    )
    changes = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in (DIALOGUE, "speaker"))
    return (
        turns.with_columns(changes.cum_sum().alias(RUN))
        .group_by(RUN, maintain_order=True)
        .agg(
            pl.col(DIALOGUE, "context", "speaker").first(),
            pl.col("text").filter(pl.col("text") != "").str.join("\n"),
            merged=pl.len() - 1,
        )
    )


def _pairs(runs: pl.LazyFrame) -> pl.LazyFrame:
    """One line a dialogue: its pairs in order. Runs alternate, so the first question is among the first two of them."""
    asks = pl.col("speaker") == USER
    opens = asks & pl.col(DIALOGUE).ne_missing(pl.col(DIALOGUE).shift(2))
    said = pl.when(opens).then(pl.concat_str("context", "text", ignore_nulls=True)).otherwise("text")
    answers = ~asks & (pl.col(DIALOGUE) == pl.col(DIALOGUE).shift())
    return (
        runs.with_columns(said=said, asks=asks, answers=answers)
        .with_columns(pair=pl.concat_list(pl.col("said").shift(), "said"))
        .group_by(DIALOGUE, maintain_order=True)
        .agg(
            pairs=pl.col("pair").filter("answers"),
            opening=pl.col("text").filter("asks").first(),
            merged_turns=pl.col("merged").sum(),
            leading_answers=~pl.col("asks").first(),
            trailing_questions=pl.col("asks").last(),
        )
    )


def _records(dialogues: pl.LazyFrame, options: Options) -> pl.LazyFrame:
    """The pairs of a dialogue as records; counts stand on the first record of a row."""
    size = pl.col("pairs").list.len().fill_null(0)
    first = pl.when(options.turns == "last").then(size - 1).otherwise(0)
    start = pl.when(size > 0).then(first).otherwise(0)
    records = dialogues.with_columns(pl.int_ranges(start, size).alias(POSITION), unused_turns=start)
    records = records.explode(POSITION, empty_as_null=True)
    pair = pl.col("pairs").list.get(pl.col(POSITION))
    is_first = pl.col(POSITION).is_null() | (pl.col(POSITION) == pl.col("unused_turns"))
    silent = pl.when(pl.col("pairs").is_null()).then(pl.lit("no_turns")).otherwise(pl.lit("no_answer"))
    return records.select(
        ROW,
        prompt=pair.list.get(0),
        response=pair.list.get(1),
        history=pl.col("pairs").list.head(pl.col(POSITION)).fill_null([]),
        group=pl.coalesce("named", "opening"),
        reason=pl.when(pl.col(POSITION).is_null()).then(silent),
        **{name: pl.when(is_first).then(_count(name)).otherwise(0).cast(pl.UInt32) for name in TURN_COUNTS},
    )


def _count(name: str) -> pl.Expr:
    if name in LEFT_OUT:
        return pl.col("speaker").list.count_matches(LEFT_OUT[name]).fill_null(0)
    return pl.col(name).fill_null(0)
