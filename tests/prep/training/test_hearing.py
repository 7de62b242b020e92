"""Warnings of the libraries are heard, once and in one line, and nothing is changed afterwards."""

import logging
import warnings

import pytest

from prep.cli.training.hearing import libraries_heard


def test_warnings_become_notes_of_one_line_each_once() -> None:
    notes: list[str] = []

    with libraries_heard(notes.append), warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.getLogger("transformers.trainer").warning("the optimiser\n  was reset")
        logging.getLogger("transformers.trainer").warning("the optimiser was reset")
        logging.getLogger("accelerate.utils").error("no device")
        logging.getLogger("peft").info("chatter")
        warnings.warn("an old name", FutureWarning, stacklevel=1)

    assert notes == [
        "transformers: the optimiser was reset",
        "accelerate: no device",
        "FutureWarning: an old name",
    ]


def test_afterwards_everything_is_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    from transformers.utils import logging as chatter

    loggers = [logging.getLogger(name) for name in ("transformers", "peft", "torch")]
    before = [(list(logger.handlers), logger.propagate) for logger in loggers], warnings.showwarning
    bar = chatter.is_progress_bar_enabled()

    with pytest.raises(ZeroDivisionError), libraries_heard(lambda _: None):
        assert 1 / chatter.is_progress_bar_enabled()

    assert ([(list(logger.handlers), logger.propagate) for logger in loggers], warnings.showwarning) == before
    assert chatter.is_progress_bar_enabled() == bar
    assert capfd.readouterr().err == ""
