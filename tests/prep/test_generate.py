"""``prep generate`` as a person runs it: whole, broken off by ``kill -9``, asked again, asked for what cannot be."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

pytest.importorskip("torch")

from tests.running import json_lines, read_lines, run
from tests.train.answer.speaking import run_on, speaking
from train.answer.generate import Answer
from train.answer.journal import Journal

COUNT = 12
KILLED = """
import os, signal, sys
from train.answer.journal import Journal
add = Journal.add
def adding(journal, batch):
    add(journal, batch)
    if len(journal.done) > 4:
        os.kill(os.getpid(), signal.SIGKILL)
Journal.add = adding
from prep.cli.main import main
sys.argv = ["prep", "generate", *sys.argv[1:]]
main()
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generate")
    rows = [{"content": f"一种第{number}号装置" * (1 + number % 3), "summary": "甲"} for number in range(COUNT)]
    data = json_lines(folder / "test.json", [*rows, {"content": "", "summary": "乙"}])
    return run_on(speaking(folder / "model"), folder / "run", test_file=str(data), prompt_template="patent").path


def test_a_run_answers_what_it_was_trained_for(trained: Path, tmp_path: Path) -> None:
    outcome = run("generate", "--run", trained, "--max-new-tokens", "1", "--out", tmp_path / "a.json")

    assert (outcome.code, outcome.err) == (0, "")
    counts, *scores, written = outcome.out.splitlines()
    assert [line.partition("(")[2].partition("|")[0] for line in scores] == ["ROUGE-1", "ROUGE-2", "ROUGE-L", "BLEU-4"]
    cut = f"{COUNT} of them cut at 1 tokens (--max-new-tokens)"
    assert counts == f"{COUNT} answers, {cut}, 1 records without a prompt not asked"
    assert written == f"{tmp_path / 'a.json'}: written"
    assert len(read_lines(tmp_path / "a.json")) == COUNT + 1


def test_answers_lie_in_the_folder_of_the_run(trained: Path) -> None:
    outcome = run("generate", "--run", trained, "--limit", "2")

    assert outcome.out.splitlines()[-1] == f"{trained / 'generated_predictions.json'}: written"
    again = run("generate", "--run", trained, "--limit", "2")
    assert again.out.splitlines()[-1].endswith("generated_predictions.json: unchanged: made of the same already")
    other = run("generate", "--run", trained, "--limit", "3")
    assert (other.code, other.out) == (1, "")
    assert "made otherwise: limit was 2, is 3; replace it with --overwrite" in other.error
    assert run("generate", "--run", trained, "--limit", "3", "--overwrite").code == 0


def test_killed_at_any_moment_the_same_command_goes_on(trained: Path, tmp_path: Path) -> None:
    out, whole = tmp_path / "a.json", tmp_path / "whole.json"
    options = ["--run", str(trained), "--batch-size", "4", "--out"]

    killed = subprocess.run([sys.executable, "-c", KILLED, *options, str(out)], check=False, timeout=120)
    assert killed.returncode == -9
    assert not out.exists()
    on = run("generate", *options, out)
    run("generate", *options, whole)

    assert on.err == "8 of 12 answered already\n"
    assert out.read_bytes() == whole.read_bytes()
    assert not (tmp_path / "a.partial.jsonl").exists()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interruption_keeps_the_answers_so_far(
    trained: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["--run", str(trained), "--batch-size", "4", "--out", str(tmp_path / "a.json")]
    add = Journal.add

    def interrupted(journal: Journal, batch: Sequence[Answer]) -> None:
        add(journal, batch)
        os.kill(os.getpid(), getattr(signal, name))

    monkeypatch.setattr(Journal, "add", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    broken = run("generate", *options)
    signal.signal(signal.SIGINT, before)
    monkeypatch.undo()

    assert (broken.code, broken.out) == (130, "")
    assert broken.error == "prep: interrupted; the answers so far are kept, the same command goes on"
    assert run("generate", *options).err == "4 of 12 answered already\n"


def test_a_base_answers_a_file_without_answers(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "questions.csv").write_text("question\n法律\n", encoding="utf-8")

    outcome = run("generate", "questions.csv", "--model", trained.parent / "model", "--max-new-tokens", "4")

    assert (outcome.code, outcome.err) == (0, "")
    [line] = read_lines(tmp_path / "generated_predictions.json")
    assert (line["labels"], line["prompt"], line["tokens"]) == ("", "法律", 4)


def test_a_dataset_may_be_named_as_it_stands_under_data(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "legal"
    folder.mkdir(parents=True)
    json_lines(folder / "dev.json", [{"content": "法律", "summary": "甲"}])
    manifest = {"format": 1, "name": "legal", "domain": "legal", "shape": "pair"}
    counts = {"records": {"train": 0, "dev": 1, "test": 0}}
    (folder / "manifest.json").write_text(json.dumps({**manifest, **counts}))

    outcome = run("generate", "legal", "--run", trained, "--split", "dev", "--out", "a.json")
    empty = run("generate", "legal", "--run", trained, "--out", "b.json")

    assert (outcome.code, outcome.err) == (0, "")
    assert "no records in test (train 0, dev 1, test 0)" in empty.error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing that could answer; name a run with --run runs/…, or a model with --model"),
        (["--run", "nowhere"], "nowhere: no such run"),
        (["--model", "MODEL"], "nothing to answer; name a dataset or a file of records"),
        (["no.json", "--model", "MODEL"], "no.json: cannot be read: No such file or directory"),
        (["nowhere", "--model", "MODEL"], "nowhere: no such dataset or file; make a dataset with prep convert"),
        (["x.json", "--model", "nowhere/at-all"], "nowhere/at-all"),
    ],
)
def test_what_cannot_be_is_one_line(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    given = [str(trained.parent / "model") if each == "MODEL" else each for each in arguments]

    outcome = run("generate", *given)

    assert (outcome.code, outcome.out) == (1, "")
    assert message in outcome.error


def test_help_loads_no_torch() -> None:
    script = """
import sys
from prep.cli.chat import chat
from prep.cli.generate import generate
for command in (chat, generate):
    command(["--help"], standalone_mode=False)
assert not {"torch", "transformers", "polars"} & set(sys.modules)
"""

    subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)


def test_a_long_generation_on_a_pipe_says_how_far_it_is(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prep.cli.generate._SECONDS", 0)

    outcome = run("generate", "--run", trained, "--batch-size", "6", "--out", tmp_path / "a.json")

    first, last = outcome.err.splitlines()
    assert first.startswith("6 of 12 answered, ")
    assert last.endswith(" tokens/s")
