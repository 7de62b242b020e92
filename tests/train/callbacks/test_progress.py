"""The observer hears of steps and logs, with the tokens a second that really went through the model."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from tests.train import small
from train.callbacks import progress
from train.callbacks.progress import CountTokens, Progress
from train.encoding.collate import PadRight
from train.observer import Silent

PAD = small.SPECIAL["pad_token_id"]


class Heard(Silent):
    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []
        self.logs: list[tuple[int, Mapping[str, float]]] = []

    def stepped(self, step: int, steps: int) -> None:
        self.steps.append((step, steps))

    def logged(self, step: int, facts: Mapping[str, float]) -> None:
        self.logs.append((step, facts))


def counting() -> CountTokens:
    return CountTokens(PadRight(pad=PAD), PAD)


def test_padding_is_not_counted_wherever_it_comes_from() -> None:
    tokens = counting()
    short, padded = np.array([5, 6, 7], dtype=np.int32), np.array([5, 6, PAD, PAD, PAD], dtype=np.int32)

    batch = tokens([{"input_ids": short, "labels": short}, {"input_ids": padded, "labels": padded}])

    assert tokens.seen == 5
    assert batch["input_ids"].shape == (2, 5)


@pytest.mark.parametrize("workers", [0, 2])
def test_tokens_are_counted_in_the_processes_of_the_loader_too(workers: int) -> None:
    tokens, data = counting(), small.examples(16)
    loader = torch.utils.data.DataLoader(
        data,  # type: ignore[arg-type]
        batch_size=4,
        collate_fn=tokens,
        num_workers=workers,
        multiprocessing_context="fork" if workers else None,
    )

    for _ in loader:
        pass

    assert tokens.seen == len(data.input_ids)


def test_the_observer_hears_every_step_and_every_log(tmp_path: Path) -> None:
    heard, tokens = Heard(), counting()

    small.trainer(
        tmp_path,
        collate=tokens,
        callbacks=[Progress(heard, tokens)],
        logging_steps=2,
        eval_strategy="steps",
        eval_steps=3,
    ).train()

    assert heard.steps == [(step, 6) for step in range(1, 7)]
    assert [step for step, facts in heard.logs if "loss" in facts] == [2, 4, 6]
    assert [step for step, facts in heard.logs if "eval_loss" in facts] == [3, 6]
    assert all({"grad_norm", "learning_rate", "epoch"} <= facts.keys() for _, facts in heard.logs if "loss" in facts)
    assert all(facts["tokens_per_second"] > 0 for _, facts in heard.logs if "loss" in facts)


def test_who_stands_behind_sees_the_tokens_a_second(tmp_path: Path) -> None:
    seen: list[float] = []

    class Behind(TrainerCallback):
        def on_log(
            self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: Any = None, **_: Any
        ) -> None:
            seen.extend([logs["tokens_per_second"]] if "loss" in logs else [])

    tokens = counting()
    small.trainer(tmp_path, collate=tokens, callbacks=[Progress(Silent(), tokens), Behind()], max_steps=2).train()

    assert len(seen) == 2


class Clock:
    """A clock that only work moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(progress, "perf_counter", lambda: self.now)


def told(watch: Progress, events: Sequence[tuple[str, Any]], clock: Clock, tokens: CountTokens) -> list[float]:
    """Events of a Trainer: seconds and tokens of a step, of an evaluation; and logs, whose rates come back."""
    arguments, state, control = TrainingArguments(use_cpu=True, report_to=[]), TrainerState(), TrainerControl()
    state.is_world_process_zero = True
    watch.on_train_begin(arguments, state, control)
    rates = []
    for what, (seconds, count) in events:
        clock.now += seconds
        ids = np.full(count, 5, dtype=np.int32)
        tokens([{"input_ids": ids, "labels": ids}])
        if what == "step":
            watch.on_step_end(arguments, state, control)
        elif what == "evaluation":
            watch.on_evaluate(arguments, state, control)
        else:
            logs = {"loss": 1.0}
            watch.on_log(arguments, state, control, logs=logs)
            rates.append(logs["tokens_per_second"])
    return rates


def test_what_an_evaluation_takes_is_no_time_of_training(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, tokens = Clock(monkeypatch), counting()
    events = [
        ("step", (1, 100)),
        ("evaluation", (50, 7000)),
        ("step", (1, 100)),
        ("log", (0, 0)),
        ("evaluation", (50, 7000)),
        ("step", (1, 300)),
        ("log", (0, 0)),
    ]

    rates = told(Progress(Silent(), tokens), events, clock, tokens)

    assert rates == [100.0, 300.0]


def test_a_step_takes_what_most_of_them_take(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, watch, state = Clock(monkeypatch), Progress(Silent(), None), TrainerState()
    arguments, control = TrainingArguments(use_cpu=True, report_to=[]), TrainerControl()
    watch.on_train_begin(arguments, state, control)
    before = watch.step_seconds

    for seconds in (30, 2, 2, 3):  # kernels are compiled first
        for _ in range(5):
            state.global_step += 1
            clock.now += seconds
            watch.on_step_end(arguments, state, control)
        clock.now += 50
        watch.on_evaluate(arguments, state, control)
        watch.on_log(arguments, state, control, logs={"loss": 1.0})

    assert (before, watch.step_seconds) == (None, 2)


def test_a_training_without_a_log_is_measured_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, watch, state = Clock(monkeypatch), Progress(Silent(), None), TrainerState(global_step=10)
    arguments, control = TrainingArguments(use_cpu=True, report_to=[]), TrainerControl()
    watch.on_train_begin(arguments, state, control)

    clock.now, state.global_step = 8.0, 14
    watch.on_train_end(arguments, state, control)

    assert watch.step_seconds == 2


def test_a_log_right_after_another_divides_by_no_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, tokens = Clock(monkeypatch), counting()

    rates = told(Progress(Silent(), tokens), [("log", (0, 0)), ("log", (0, 0))], clock, tokens)

    assert rates == [0.0, 0.0]


def test_counting_costs_little() -> None:
    ids = np.full(640, 5, dtype=np.int32)
    batch = [{"input_ids": ids, "labels": ids}] * 4
    tokens = CountTokens(lambda _: {}, PAD)

    started = time.perf_counter()
    for _ in range(100):
        tokens(batch)

    assert (time.perf_counter() - started) / 100 < 2e-3
