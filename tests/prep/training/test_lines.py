"""What stands on the terminal is complete, true and no wider than the terminal."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.stats.terminal import display_width
from prep.cli.training.lines import duration, example_lines, log_line, plan_lines, size, took_lines, wrapped
from train.encoding.examples import HIDDEN
from train.encoding.report import WholeExample
from train.plan import Plan

PLAN = Plan(
    run="runs/advgen-chatglm-6b-p_tuning_v2",
    model="THUDM/chatglm-6b",
    family="chatglm",
    method="p_tuning_v2",
    dtype="float16",
    device="NVIDIA GeForce RTX 3090",
    examples=3384,
    evaluated=376,
    parameters_trained=29_360_128,
    parameters=6_202_646_528,
    per_device_train_batch_size=4,
    gradient_accumulation_steps=16,
    devices=1,
    total_train_batch_size=64,
    max_steps=3000,
    num_train_epochs=57,
    epochs_explained="transformers 4.27 of the official scripts says 58",
    recomputed_layers=0,
    learning_rate=2e-2,
    memory_bytes=17 * 2**30,
    seconds=36_000.0,
)
EXAMPLE = WholeExample(
    given="类型#裙*颜色#蓝色",
    learnt="这是一条蓝色的裙子",
    input_ids=[5, 6, 7, 130001, 130004, 21, 22, 23, 130005],
    labels=[*[HIDDEN] * 5, 21, 22, 23, 130005],
)


def text_of(plan: Plan, width: int = 100) -> str:
    return " ".join(" ".join(plan_lines(plan, width)).split())


def test_the_table_before_the_start_is_complete() -> None:
    text = text_of(PLAN)

    for part in (
        "examples 3,384, and 376 to evaluate on",
        "parameters 29,360,128 trained, of 6,202,646,528 in all (0.473 %)",
        "batch 4 × 16 accumulated × 1 device = 64",
        "steps 3,000",
        "epochs 57 (transformers 4.27 of the official scripts says 58)",
        "learning rate 0.02",
        "float16 on NVIDIA GeForce RTX 3090",
        "memory about 17 GiB at the peak, estimated",
        "time about 10 h 00 min, estimated",
    ):
        assert part in text


def test_what_is_not_known_is_said() -> None:
    text = text_of(replace(PLAN, memory_bytes=None, seconds=None, evaluated=0, epochs_explained=""))

    assert "memory unknown time known after the first steps" in text
    assert "examples 3,384 parameters" in text
    assert "epochs 57 learning" in text


def test_the_time_says_a_step_and_what_comes_beside_the_steps() -> None:
    beside = {"evaluations": 60.0, "checkpoints": 0.4, "compiling": 25.0}

    text = text_of(replace(PLAN, seconds=600.0, step_seconds=0.2124, beside_steps=beside))

    assert "time about 10 min 00 s, estimated: 0.21 s a step, and evaluations 1 min 00 s, compiling 25 s" in text


@pytest.mark.parametrize(
    ("took", "lines"),
    [
        (
            {"memory_bytes": 16 * 2**30, "seconds": 390.0, "step_seconds": 0.25},
            [
                "memory         16 GiB at the peak; 17 GiB were estimated",
                "time           6 min 30 s, 0.25 s a step; 6 min 00 s, 0.21 s a step were estimated",
            ],
        ),
        (
            {"memory_bytes": None, "seconds": None, "step_seconds": 75.0},
            ["time           1 min 15 s a step; 0.21 s a step were estimated"],
        ),
    ],
)
def test_what_a_run_took_stands_beside_what_was_estimated(took: dict[str, Any], lines: list[str]) -> None:
    guessed = {"memory_bytes": 17 * 2**30, "seconds": 360.0, "step_seconds": 0.2124}

    assert list(took_lines({"measured": took, "estimated": guessed}, 100)) == lines


def test_a_run_of_an_earlier_version_says_nothing_of_what_it_took() -> None:
    assert list(took_lines({"seconds": 360.0}, 100)) == []


def test_several_devices_are_several() -> None:
    assert "× 2 devices = 128" in text_of(replace(PLAN, devices=2, total_train_batch_size=128))


def test_an_example_shows_text_ids_and_labels() -> None:
    lines = list(example_lines(EXAMPLE, {"lose text of their answer": "20 of 925 (2.2 %)"}, 100))

    assert lines == [
        "one example: 9 tokens, 4 of them learnt",
        "  given        类型#裙*颜色#蓝色",
        "  learnt       这是一条蓝色的裙子",
        "  ids          5 6 7 130001 130004 | 21 22 23 130005",
        "  labels       -100 × 5 | 21 22 23 130005",
        "  lost         20 of 925 (2.2 %) lose text of their answer",
    ]


def test_of_long_texts_and_rows_of_ids_the_middle_is_left_out() -> None:
    ids = list(range(1000))
    long = WholeExample(given="问" * 500, learnt="x y " * 500, input_ids=ids, labels=[*[HIDDEN] * 500, *ids[500:]])

    lines = list(example_lines(long, {}, 80))

    assert len(lines) <= 12
    assert "  ids          0 1 2 3 4 5 … 494 495 496 497 498 499 | 500 501 502 503 504 505" in "\n".join(lines)
    assert "-100 × 500 | 500 501" in "\n".join(lines)
    assert "… 13 more lines …" in "\n".join(lines)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = WholeExample(
        given="一" * 300 + "a" * 300, learnt="word " * 90, input_ids=list(range(640)), labels=list(range(640))
    )

    lines = [*plan_lines(PLAN, width), *example_lines(long, {"lose earlier turns": "1 of 2 (50.0 %)"}, width)]

    assert [line for line in lines if display_width(line) > width] == []
    assert [line for line in lines if line != line.rstrip()] == []


def test_an_example_without_labels_and_one_without_a_prompt_are_shown() -> None:
    hidden = WholeExample(given="问", learnt="", input_ids=[5, 6], labels=[HIDDEN, HIDDEN])
    bare = WholeExample(given="", learnt="答", input_ids=[5, 6], labels=[5, 6])

    assert "  labels       -100 × 2" in list(example_lines(hidden, {}, 80))
    assert "  ids          5 6" in list(example_lines(bare, {}, 80))


def test_control_characters_of_a_text_do_not_steer_the_terminal() -> None:
    assert wrapped("a\nb\x1b[31m\tc", 80) == ["a\\nb\\x1b[31m\\tc"]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, []),
        ("one two three", 8, ["one two", "three"]),
        ("一二三四五", 4, ["一二", "三四", "五"]),
        ("ab 一二", 5, ["ab 一", "二"]),
        ("x" * 60, 30, ["x" * 24, "x" * 24, "x" * 12]),
    ],
)
def test_lines_break_at_blanks_and_anywhere_in_chinese(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        (
            {"loss": 3.41234, "grad_norm": 0.5123, "learning_rate": 0.0199, "tokens_per_second": 8121.4, "epoch": 0.1},
            "step 10/3,000  loss 3.412  grad 0.512  lr 0.0199  8,121 tokens/s  1 min 05 s left",
        ),
        ({"eval_loss": 3.2, "eval_runtime": 2.0}, "step 10/3,000  eval loss 3.2"),
        ({"loss": 1.0}, "step 10/3,000  loss 1  1 min 05 s left"),
    ],
)
def test_a_log_is_one_line(facts: dict[str, Any], line: str) -> None:
    assert log_line(10, 3000, facts, 65.0) == line


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.6, "1 min 00 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (200_000, "2 d 7 h"),
        (1e8, "1,157 d"),
        (-1, "0 s"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 B"), (1023, "1.02e+03 B"), (1024, "1 KiB"), (17.2 * 2**30, "17.2 GiB")]
)
def test_a_size_has_the_largest_unit_of_which_there_is_one(number: float, text: str) -> None:
    assert size(number) == text
