"""Tells the observer about every step and every log, and how many tokens a second go through the model.

Tokens are counted where batches are put together, on the processor: nothing waits for the device.
"""

import multiprocessing
from collections.abc import Mapping, Sequence
from statistics import median_low
from time import perf_counter
from typing import Any, Protocol

import numpy as np
from torch import Tensor
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from train.encoding.examples import Array
from train.observer import Observer

TOKENS_PER_SECOND = "tokens_per_second"


class Collate(Protocol):
    def __call__(self, batch: Sequence[Mapping[str, Array]]) -> dict[str, Tensor]: ...


class CountTokens:
    """A collator that counts what goes through it, padding left out; processes of the loader share the count."""

    def __init__(self, collate: Collate, pad: int) -> None:
        self._collate = collate
        self._pad = pad
        self._seen = multiprocessing.get_context("spawn").Value("q", 0)  # can be forked as well

    @property
    def seen(self) -> int:
        return int(self._seen.value)

    def __call__(self, batch: Sequence[Mapping[str, Array]]) -> dict[str, Tensor]:
        tokens = sum(int(np.count_nonzero(np.asarray(example["input_ids"]) != self._pad)) for example in batch)
        with self._seen.get_lock():
            self._seen.value += tokens
        return self._collate(batch)


class Progress(TrainerCallback):
    """``tokens_per_second`` is of all devices, evaluations and saving left out. It is added to the logs, so that what
    stands behind this among the callbacks writes it down too."""

    def __init__(self, observer: Observer, tokens: CountTokens | None = None) -> None:
        self._observer = observer
        self._tokens = tokens
        self._paces: list[float] = []
        self._logged_at = 0
        self._start()

    @property
    def step_seconds(self) -> float | None:
        """As most steps took: between two logs, at which alone the host waits for the device; None before the first.
        Those of the start, when kernels are compiled, are few."""
        return median_low(self._paces) if self._paces else None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._paces, self._logged_at = [], state.global_step
        self._start()

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if not self._paces:
            self._pace(state.global_step)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        self._step_end = self._now()
        if state.is_world_process_zero:
            self._observer.stepped(state.global_step, state.max_steps)

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        self._pause()

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        self._pause()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        facts = {} if logs is None else logs
        if "loss" in facts:
            if self._tokens is not None:
                facts[TOKENS_PER_SECOND] = self._rate() * args.world_size
            self._pace(state.global_step)
            self._start()
        if state.is_world_process_zero:
            numbers = {name: value for name, value in facts.items() if isinstance(value, int | float)}
            self._observer.logged(state.global_step, numbers)

    def _start(self) -> None:
        self._window = self._step_end = self._now()

    def _pause(self) -> None:
        """What happened since the last step was no training: move the window's start by it."""
        now = self._now()
        self._window = _moved(self._window, self._step_end, now)
        self._step_end = now

    def _rate(self) -> float:
        seconds, tokens = self._now()
        return round((tokens - self._window[1]) / max(seconds - self._window[0], 1e-9), 1)

    def _pace(self, step: int) -> None:
        if step > self._logged_at:
            self._paces.append((self._now()[0] - self._window[0]) / (step - self._logged_at))
        self._logged_at = step

    def _now(self) -> tuple[float, int]:
        return perf_counter(), 0 if self._tokens is None else self._tokens.seen


def _moved(window: tuple[float, int], since: tuple[float, int], now: tuple[float, int]) -> tuple[float, int]:
    return window[0] + now[0] - since[0], window[1] + now[1] - since[1]
