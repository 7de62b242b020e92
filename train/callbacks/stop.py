"""Ctrl-C, or a request to end: the step is done to its end, a checkpoint is written, and training stops."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from train.observer import Observer

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopWhenAsked(TrainerCallback):
    """Asked once it waits for the step; asked again it raises KeyboardInterrupt at once."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self.is_asked = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Signals reach the main thread alone; elsewhere nothing changes."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._asked) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if self.is_asked:
            control.should_save = control.should_training_stop = True

    def _asked(self, _: int, __: FrameType | None) -> None:
        if self.is_asked:
            raise KeyboardInterrupt
        self.is_asked = True
        self._observer.note("stopping after this step with a checkpoint; ask again to stop at once, without one")


class SaveLast(TrainerCallback):
    """Where the end of an epoch is a step to save at, the checkpoint comes after what is logged and evaluated there:
    a training that goes on from it would forget them otherwise."""

    def __init__(self) -> None:
        self._owed = False

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        self._owed = control.should_save and state.epoch == int(state.epoch or 0)
        if self._owed:
            control.should_save = False

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self._owed:
            control.should_save, self._owed = True, False
