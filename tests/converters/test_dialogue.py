import random
from itertools import groupby

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from converters.converter import ROW, TURNS, Options
from converters.dialogue import dialogue_records
from schemas.reasons import REASONS, TURN_COUNTS
from schemas.records import HISTORY

Turn = tuple[str | None, str | None]


def rows_of(*dialogues: list[Turn] | None) -> pl.LazyFrame:
    turns = [d if d is None else [{"from": speaker, "value": said} for speaker, said in d] for d in dialogues]
    numbers = pl.Series(range(1, len(turns) + 1), dtype=pl.UInt64)
    return pl.LazyFrame({ROW: numbers, "turns": pl.Series(turns, dtype=TURNS)})


def records_of(*dialogues: list[Turn] | None, options: Options | None = None) -> pl.DataFrame:
    return dialogue_records(rows_of(*dialogues), pl.col("turns"), options or Options()).collect()


def samples(records: pl.DataFrame) -> list[tuple[object, ...]]:
    return records.select("prompt", "response", "history").rows()


def counts(records: pl.DataFrame) -> dict[str, int]:
    return {name: count for name in TURN_COUNTS if (count := int(records[name].sum()))}


def test_every_answer_is_a_record_with_the_history_before_it() -> None:
    records = records_of(
        [("human", "一"), ("gpt", "二"), ("human", "三"), ("gpt", "四"), ("human", "五"), ("gpt", "六")]
    )

    assert samples(records) == [
        ("一", "二", []),
        ("三", "四", [["一", "二"]]),
        ("五", "六", [["一", "二"], ["三", "四"]]),
    ]
    assert records["group"].to_list() == ["一"] * 3
    assert records["reason"].null_count() == 3


def test_only_the_last_answer_is_a_record_when_asked_and_the_others_are_counted() -> None:
    turns: list[Turn] = [("user", "一"), ("assistant", "二"), ("user", "三"), ("assistant", "四")]

    records = records_of(turns, turns[:2], options=Options(turns="last"))

    assert samples(records) == [("三", "四", [["一", "二"]]), ("一", "二", [])]
    assert records["unused_turns"].to_list() == [1, 0]


@pytest.mark.parametrize("user", ["human", "user", "Human", "咨询者", "客户", " USER "])
@pytest.mark.parametrize("assistant", ["gpt", "assistant", "bot", "MOSS", "律师"])
def test_speakers_go_by_many_names(user: str, assistant: str) -> None:
    records = records_of([(user, "问"), (assistant, "答")])

    assert samples(records) == [("问", "答", [])]
    assert counts(records) == {}


def test_neighbours_of_one_speaker_are_joined_by_a_newline() -> None:
    records = records_of([("human", "一"), ("human", "二"), ("gpt", "三"), ("gpt", ""), ("gpt", "四")])

    assert samples(records) == [("一\n二", "三\n四", [])]
    assert counts(records) == {"merged_turns": 3}


def test_a_leading_answer_and_a_trailing_question_are_left_out_and_counted() -> None:
    records = records_of([("gpt", "您好"), ("human", "一"), ("gpt", "二"), ("human", "三")])

    assert samples(records) == [("一", "二", [])]
    assert records["group"].to_list() == ["一"]
    assert counts(records) == {"leading_answers": 1, "trailing_questions": 1}


def test_system_tool_and_unknown_turns_are_left_out_and_counted() -> None:
    records = records_of(
        [("system", "x"), ("human", "一"), ("tool", "x"), (None, "x"), ("alice", "x"), ("gpt", "二"), ("part", "x")]
    )

    assert samples(records) == [("一", "二", [])]
    assert counts(records) == {"system_turns": 2, "unknown_turns": 2, "other_parts": 1}


@pytest.mark.parametrize("nothing", ["", None])
def test_an_empty_turn_in_the_middle_does_not_move_answers_to_other_questions(nothing: str | None) -> None:
    records = records_of(
        [("human", "一"), ("gpt", nothing), ("human", "三"), ("gpt", "四"), ("human", nothing), ("gpt", "六")]
    )

    assert samples(records) == [
        ("一", "", []),
        ("三", "四", [["一", ""]]),
        ("", "六", [["一", ""], ["三", "四"]]),
    ]


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        (None, "no_turns"),
        ([], "no_turns"),
        ([("alice", "一"), ("system", "二")], "no_turns"),
        ([("human", "一")], "no_answer"),
        ([("gpt", "一")], "no_answer"),
        ([("gpt", "一"), ("human", "二")], "no_answer"),
    ],
)
@pytest.mark.parametrize("options", [Options(), Options(turns="last")], ids=lambda options: options.turns)
def test_a_dialogue_without_a_pair_is_one_line_with_a_reason(
    turns: list[Turn] | None, reason: str, options: Options
) -> None:
    records = records_of([("human", "一"), ("gpt", "二")], turns, [("human", "三"), ("gpt", "四")], options=options)

    assert records["reason"].to_list() == [None, reason, None]
    assert records[ROW].to_list() == [1, 2, 3]
    assert records["history"].to_list() == [[], [], []]
    assert reason in REASONS


def test_what_was_left_out_of_a_dialogue_without_a_pair_is_counted_too() -> None:
    records = records_of([("system", "x"), ("gpt", "一"), ("human", "二"), ("human", "三"), ("alice", "x")])

    assert counts(records) == {
        "system_turns": 1,
        "leading_answers": 1,
        "merged_turns": 1,
        "trailing_questions": 1,
        "unknown_turns": 1,
    }


def test_counts_stand_on_the_first_record_of_a_row_only() -> None:
    records = records_of([("system", "x"), ("human", "一"), ("gpt", "二"), ("human", "三"), ("gpt", "四")])

    assert records["system_turns"].to_list() == [1, 0]
    assert {records.schema[name] for name in TURN_COUNTS} == {pl.UInt32()}


def test_context_stands_before_the_first_question_and_not_in_the_group() -> None:
    rows = rows_of([("gpt", "早"), ("human", "一"), ("gpt", "二"), ("human", "三"), ("gpt", "四")])

    records = dialogue_records(rows, pl.col("turns"), Options(), context=pl.lit("法条：")).collect()

    assert samples(records) == [("法条：一", "二", []), ("三", "四", [["法条：一", "二"]])]
    assert records["group"].to_list() == ["一", "一"]


def test_two_rows_of_one_place_stay_two_dialogues() -> None:
    turns: list[Turn] = [("human", "一"), ("gpt", "二")]
    rows = rows_of(turns, turns).with_columns(pl.lit(7, pl.UInt64).alias(ROW))

    records = dialogue_records(rows, pl.col("turns"), Options()).collect()

    assert samples(records) == [("一", "二", []), ("一", "二", [])]
    assert records[ROW].to_list() == [7, 7]


def test_a_dialogue_of_330_turns_keeps_its_whole_history() -> None:
    records = records_of([(("human", "gpt")[number % 2], str(number)) for number in range(330)])

    assert records["history"].list.len().to_list() == list(range(165))
    assert records["history"].to_list()[-1] == [[str(number), str(number + 1)] for number in range(0, 328, 2)]


def test_no_rows_give_no_records_of_the_right_types() -> None:
    records = records_of()

    assert records.height == 0
    assert records.schema["history"] == HISTORY


def random_dialogue(generator: random.Random) -> list[Turn]:
    speakers = generator.choices(["human", "gpt", "system", "alice"], weights=[5, 5, 1, 1], k=generator.randint(0, 12))
    return [(speaker, generator.choice(["", "甲", "乙", "丙"])) for speaker in speakers]


def pairs_by_hand(dialogue: list[Turn]) -> list[list[str]]:
    speaking = [turn for turn in dialogue if turn[0] in ("human", "gpt")]
    runs = [
        (who, "\n".join(said for _, said in turns if said)) for who, turns in groupby(speaking, lambda turn: turn[0])
    ]
    if runs and runs[0][0] == "gpt":
        del runs[0]
    return [[question, answer] for (_, question), (_, answer) in zip(runs[::2], runs[1::2], strict=False)]


def test_random_dialogues_give_the_pairs_found_by_hand() -> None:
    generator = random.Random(20)
    dialogues = [random_dialogue(generator) for _ in range(300)]
    expected = [
        (number, *pair, pairs[:position])
        for number, pairs in enumerate(map(pairs_by_hand, dialogues), start=1)
        for position, pair in enumerate(pairs)
    ]

    records = records_of(*dialogues).filter(pl.col("reason").is_null())

    assert records.select(ROW, "prompt", "response", "history").rows() == expected


@pytest.mark.parametrize("options", [Options(), Options(turns="last")], ids=lambda options: options.turns)
def test_every_turn_of_random_dialogues_is_accounted_for(options: Options) -> None:
    generator = random.Random(21)
    dialogues = [random_dialogue(generator) for _ in range(300)]

    records = records_of(*dialogues, options=options)

    made = records["reason"].null_count()
    counted = counts(records)
    pairs = made + counted.pop("unused_turns", 0)
    assert 2 * pairs + sum(counted.values()) == sum(map(len, dialogues))


def test_the_streaming_engine_gives_the_same_records() -> None:
    generator = random.Random(22)
    rows = rows_of(*(random_dialogue(generator) for _ in range(200)))

    records = dialogue_records(rows, pl.col("turns"), Options())

    assert_frame_equal(records.collect(engine="streaming"), records.collect())
