"""A bar on a terminal, lines on a pipe, and nothing where nothing is wanted."""

import io
import sys

import pytest

from prep.cli.training import bar
from prep.cli.training.bar import StepBar

FACTS = {"loss": 2.0, "grad_norm": 1.0, "learning_rate": 0.01, "tokens_per_second": 100.0}


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(bar, "perf_counter", lambda: now[0])
    return now


def test_on_a_pipe_every_log_is_a_line_with_the_time_that_is_left(
    capsys: pytest.CaptureFixture[str], clock: list[float]
) -> None:
    steps = StepBar()

    for step in range(1, 12):
        clock[0] = 100.0 if step == 1 else 100 + 2 * (step - 1)  # the first step took long
        steps.stepped(step, 111)
    steps.logged(11, FACTS)
    steps.logged(11, {"eval_loss": 3.0})
    steps.logged(11, {"train_runtime": 3.0})

    assert capsys.readouterr() == (
        "step 11/111  loss 2  grad 1  lr 0.01  100 tokens/s  3 min 20 s left\nstep 11/111  eval loss 3\n",
        "",
    )


def test_on_a_terminal_a_bar_holds_what_was_logged_last(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "120")
    steps = StepBar()

    for step in range(1, 4):
        steps.stepped(step, 4)
        steps.logged(step, FACTS)
    steps.logged(3, {"eval_loss": 3.0})
    steps.print("note: something", err=True)
    steps.stepped(4, 4)
    steps.close()

    assert "loss 2  grad 1  lr 0.01  100 tokens/s" in screen.getvalue()
    assert "note: something\n" in screen.getvalue()
    assert capsys.readouterr().out == "step 3/4  eval loss 3\n"


def test_a_resumed_training_starts_its_bar_where_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    steps = StepBar()

    steps.stepped(501, 1000)
    steps.close()

    assert "500/1000" in screen.getvalue()


def test_a_training_after_a_search_has_a_bar_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    steps = StepBar()

    for step in range(1, 101):
        steps.stepped(step, 100)
    steps.stepped(1, 3000)
    steps.close()

    assert "0/3000" in screen.getvalue()


def test_a_quiet_bar_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    steps = StepBar(quiet=True)

    steps.stepped(1, 2)
    steps.logged(1, FACTS)

    assert capsys.readouterr() == ("", "")


def test_a_log_before_any_step_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    StepBar().logged(3, {"eval_loss": 1.5})

    assert capsys.readouterr().out == "step 3/3  eval loss 1.5\n"
