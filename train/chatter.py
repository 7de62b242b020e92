"""What transformers shows on its own: its progress bars and its warnings."""

from collections.abc import Iterator
from contextlib import contextmanager

from transformers.utils import logging


def silence() -> None:
    """Errors only."""
    logging.set_verbosity_error()


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
