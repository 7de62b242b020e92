"""``prep chat``: one question, questions from a pipe, a person at a terminal."""

import errno
import io
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import active_count
from typing import Self

import pytest

pytest.importorskip("torch")

from tests.running import Outcome, run
from tests.train.answer.speaking import LIMIT, never_ending, run_on, speaking
from train.answer.generate import answers
from train.answer.load import Found, base, tuned
from train.answer.manner import Manner
from train.answer.stream import Growing

ASKED = "一种装置"
CUT = f"[cut at {LIMIT} tokens; --max-new-tokens raises it]\n"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that answers otherwise than its base."""
    folder = tmp_path_factory.mktemp("chat")
    model = speaking(folder / "model")
    for noise in range(1, 20):
        run = run_on(model, folder / "run", noise=noise, prompt_template="patent").path
        if expected(tuned(run)) != expected(tuned(run).without_adapter()):
            return run
    raise AssertionError("no random prefix changed the answer")


def piped(monkeypatch: pytest.MonkeyPatch, lines: str, *arguments: str | Path) -> Outcome:
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    return run("chat", *arguments)


def expected(found: Found, *history: tuple[str, str], question: str = ASKED) -> str:
    """As generation answers, less what would steer a terminal."""
    answerer = found.load()
    [[answer]] = answers(answerer, {0: answerer.prompt(question, history)[0]}, Manner(max_new_tokens=LIMIT))
    return "".join(character for character in answer.text if character >= " ")


def test_one_question_is_answered_as_its_training_asked(trained: Path) -> None:
    outcome = run("chat", "--run", trained, ASKED)

    assert outcome.code == 0
    assert outcome.out == expected(tuned(trained)) + "\n"
    assert outcome.err in ("", CUT)


def test_an_answer_at_the_limit_is_marked(trained: Path) -> None:
    outcome = run("chat", "--run", trained, "--max-new-tokens", "1", ASKED)

    assert outcome.err == "[cut at 1 tokens; --max-new-tokens raises it]\n"


def test_lines_from_a_pipe_are_a_conversation(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = expected(tuned(trained))

    outcome = piped(monkeypatch, f"{ASKED}\n\n法律\n/clear\n法律\n/exit\n{ASKED}\n", "--run", trained)

    second = expected(tuned(trained), (ASKED, first), question="法律")
    assert outcome.out.splitlines() == [first, second, expected(tuned(trained), question="法律")]
    assert outcome.err.replace(CUT, "") == ""


def test_without_history_every_line_stands_alone(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = piped(monkeypatch, f"{ASKED}\n{ASKED}", "--run", trained, "--no-history")

    assert outcome.out.splitlines() == [expected(tuned(trained))] * 2


def test_the_base_answers_beside_the_tuned_model_with_a_history_of_its_own(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = piped(monkeypatch, f"{ASKED}\n/history\n法律\n", "--run", trained, "--compare")

    found = tuned(trained)
    before, after = expected(found.without_adapter()), expected(found)
    said = [f"base: {before}", f"tuned: {after}"]
    remembered = [f"> {ASKED}", said[0], f"> {ASKED}", said[1]]
    then = expected(found.without_adapter(), (ASKED, before), question="法律")
    assert outcome.out.splitlines()[:7] == [*said, *remembered, f"base: {then}"]
    assert before != after


def test_a_base_alone_can_be_asked(trained: Path) -> None:
    model = trained.parent / "model"

    outcome = run("chat", "--model", model, "--max-new-tokens", str(LIMIT), ASKED)

    assert outcome.out == expected(base(str(model))) + "\n"


def test_drawn_answers_repeat_with_their_seed_only(trained: Path) -> None:
    drawn: list[str | Path] = ["chat", "--run", trained, "--sampling", "official", ASKED]

    assert run(*drawn, "--seed", "1").out == run(*drawn, "--seed", "1").out
    assert len({run(*drawn).out for _ in range(6)}) > 1


def test_a_prompt_that_was_cut_is_said(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = f"{ASKED}\n法律\n"

    outcome = piped(monkeypatch, lines, "--run", trained, "--max-source-length", "40")

    assert (
        outcome.err.count("[the prompt was cut to its limit; /clear shortens it, --max-source-length raises it]") == 1
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [("/nothing\n", "no /nothing; choose one of: /clear, /history, /exit, /help\n"), ("/help\n", "/clear forgets")],
)
def test_orders_are_no_questions(trained: Path, monkeypatch: pytest.MonkeyPatch, lines: str, said: str) -> None:
    outcome = piped(monkeypatch, lines, "--run", trained)

    assert outcome.out == ""
    assert said in outcome.err


def test_a_question_may_begin_with_a_slash(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = piped(monkeypatch, "/etc/passwd 是什么\n", "--run", trained)

    assert len(outcome.out.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([ASKED], "nothing that could answer; name a run with --run runs/…, or a model with --model"),
        (["--run", "nowhere", ASKED], "nowhere: no such run"),
        (["--model", "x", "--compare", ASKED], "--compare: nothing to compare a base with; name a run with --run"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: list[str], message: str) -> None:
    outcome = run("chat", *arguments)

    assert (outcome.code, outcome.out) == (1, "")
    assert message in outcome.error


def test_a_reader_that_goes_away_ends_it_without_a_word(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(growing: Iterator[Growing]) -> bool:
        next(growing)
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    threads = active_count()
    monkeypatch.setattr("prep.cli.chat._show", gone)

    outcome = run("chat", "--run", trained, ASKED)

    assert outcome.err == ""
    assert active_count() == threads


def test_a_request_to_end_is_not_taken_for_ctrl_c(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked_to_end(growing: Iterator[Growing]) -> bool:
        next(growing)
        os.kill(os.getpid(), signal.SIGTERM)
        return True

    monkeypatch.setattr("prep.cli.chat._show", asked_to_end)

    outcome = piped(monkeypatch, f"{ASKED}\n{ASKED}\n", "--run", trained)

    assert (outcome.code, outcome.error) == (130, "prep: interrupted; nothing unfinished was left behind")


class Terminal:
    """A person's: what the command prints is read, what is typed is written."""

    def __init__(self, *arguments: str | Path) -> None:
        self._own, other = pty.openpty()
        environment = {**os.environ, "NO_COLOR": "1", "TERM": "dumb"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "prep", *map(str, arguments)],
            stdin=other,
            stdout=other,
            stderr=other,
            env=environment,
            start_new_session=True,
        )
        os.close(other)
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._own)

    def until(self, *wanted: str) -> str:
        """Read until all of them came, one after the other, from where the last reading ended."""
        return "".join(map(self._until, wanted))

    def _until(self, wanted: str) -> str:
        end = time.monotonic() + 60
        while wanted.encode() not in self._read:
            ready, _, _ = select.select([self._own], [], [], max(end - time.monotonic(), 0))
            assert ready, f"{wanted!r} did not come; found {self._read[-200:].decode(errors='replace')!r}"
            self._read += os.read(self._own, 4096)
        found, _, self._read = self._read.partition(wanted.encode())
        return found.decode() + wanted

    def types(self, keys: str) -> None:
        os.write(self._own, keys.encode())


def test_a_person_can_stop_an_answer_and_leave(trained: Path, tmp_path: Path) -> None:
    model = never_ending(trained.parent / "model", tmp_path / "model")
    run = run_on(model, tmp_path / "run", noise=0, prompt_template="patent").path
    begins = expected(tuned(run))[:3]

    with Terminal("chat", "--run", run, "--max-new-tokens", "100000") as terminal:
        introduced = terminal.until("> ")
        terminal.types(f"{ASKED}\r")
        terminal.until("\r\n", begins)
        terminal.process.send_signal(signal.SIGINT)
        terminal.until("> ")
        terminal.types("/history\r")
        remembered = terminal.until("> ", begins, "> ")
        terminal.types("\x04")

        assert terminal.process.wait(60) == 0
    assert "p_tuning_v2; greedy, at most 100000 tokens an answer" in introduced
    assert "asked as in training: 根据专利名称撰写摘要：{question}" in introduced
    assert "/clear forgets the conversation" in introduced
    assert ASKED in remembered
