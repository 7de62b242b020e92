"""What several processes find wrong is said by one of each machine."""

import time
from typing import Any

import pytest

from tests.running import run
from train.early_end import Interrupted


@pytest.mark.parametrize(
    "wrong", [("generate", "--no-such-option"), ("train", "no_such_dataset", "--model", "no_such_model")]
)
@pytest.mark.parametrize("rank", ["0", "1"])
def test_the_first_process_of_a_machine_speaks_and_the_others_give_it_time_to(
    wrong: tuple[str, ...], rank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    monkeypatch.setenv("LOCAL_RANK", rank)

    outcome = run(*wrong)

    assert outcome.code == 1
    assert len(waited) == int(rank)


@pytest.mark.parametrize("rank", ["0", "1"])
def test_an_interrupted_training_is_told_once_and_nobody_waits(rank: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise Interrupted("runs/a: interrupted; checkpoint-6 is kept: go on from it with --resume")

    monkeypatch.setattr("prep.cli.train._train", interrupted)
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("waited"))
    monkeypatch.setenv("LOCAL_RANK", rank)

    outcome = run("train", "patent")

    assert outcome.code == 130
    assert outcome.err.count("interrupted") == 1 - int(rank)


def test_a_process_that_is_ended_while_it_waits_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", ended)
    monkeypatch.setenv("LOCAL_RANK", "1")

    outcome = run("generate", "--no-such-option")

    assert outcome.code != 0
    assert outcome.err == ""
