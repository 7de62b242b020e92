"""Warnings of the libraries become notes of one line, each once; their own progress bars and chatter stay away."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_LIBRARIES = ("transformers", "peft", "accelerate", "torch", "py.warnings")
_LONGEST = 400


class _Notes(logging.Handler):
    """Each message once."""

    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._note = note
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        line = " ".join(record.getMessage().split())
        if line and line not in self._said:
            self._said.add(line)
            self._note(f"{record.name.partition('.')[0]}: {line[:_LONGEST]}")


@contextmanager
def libraries_heard(note: Callable[[str], None]) -> Iterator[None]:
    """Loads transformers. What the libraries warn of is handed to ``note`` for as long as the context lasts."""
    from train.chatter import without_bars

    heard, loggers = _Notes(note), [logging.getLogger(name) for name in _LIBRARIES]
    before = [(logger.handlers, logger.propagate, logger.level) for logger in loggers]
    show_before = warnings.showwarning
    for logger in loggers:
        logger.handlers, logger.propagate = [heard], False
        logger.setLevel(logging.WARNING)

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        heard.emit(logging.LogRecord(category.__name__, logging.WARNING, "", 0, str(message), None, None))

    warnings.showwarning = show
    try:
        with without_bars():
            yield
    finally:
        warnings.showwarning = show_before
        for logger, (handlers, propagates, level) in zip(loggers, before, strict=True):
            logger.handlers, logger.propagate = handlers, propagates
            logger.setLevel(level)
