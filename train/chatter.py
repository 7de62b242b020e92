"""What libraries show on their own: progress bars and warnings."""

import logging as standard
from collections.abc import Iterator
from contextlib import contextmanager

from transformers.utils import logging


def silence() -> None:
    """Errors only."""
    logging.set_verbosity_error()
    silence_deepspeed()


def silence_deepspeed() -> None:
    """Where it is installed, it would write into what a command prints."""
    standard.getLogger("DeepSpeed").addFilter(_is_error)


def _is_error(record: standard.LogRecord) -> bool:
    return record.levelno >= standard.ERROR


@contextmanager
def without_bars() -> Iterator[None]:
    """No progress bars of the library for as long as the context lasts."""
    before = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if before:
            logging.enable_progress_bar()
