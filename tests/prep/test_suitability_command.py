"""``prep suitability`` as a person runs it: trained and tested, broken off, out of time, asked for what cannot be."""

import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import prep
from schemas.report import MARKDOWN, PAGE, REPORT
from schemas.run import Run
from tests.running import run
from tests.train.answer.speaking import run_on
from tests.train.evaluation.datasets import dataset
from train.models.tiny.folder import untrained
from train.report.save import load_report

KILLED = """
import os, signal, sys
def killing(at):
    os.environ["LEFT"] = str(int(os.environ["LEFT"]) - 1)
    if os.environ["KILLED_IN"] == at and int(os.environ["LEFT"]) < 0:
        os.kill(os.getpid(), signal.SIGKILL)
from train.evaluation import cells
from train.suitability import clock
bits, stepped = cells.bits_by_all, clock.TimedObserver.stepped
def measured(*arguments, **options):
    for batch in bits(*arguments, **options):
        yield batch
    killing("cell")
def watched(self, step, steps):
    stepped(self, step, steps)
    killing("training")
cells.bits_by_all, clock.TimedObserver.stepped = measured, watched
from prep.cli.main import main
sys.argv = ["prep", "suitability", *sys.argv[1:]]
main()
"""
KEYS = {
    "max_steps": 4,
    "save_steps": 2,
    "logging_steps": 1,
    "per_device_train_batch_size": 2,
    "learning_rate": 0.05,
    "max_source_length": 48,
    "max_target_length": 8,
    "report_to": "none",
    "health_guard": False,
    "do_eval": False,
}
SET = [part for key, value in KEYS.items() for part in ("--set", f"{key}={value}")]
QUICK = ("--model", "model", "--method", "lora", *SET, "--resamples", "100", "--examples", "1")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suitability")
    dataset(folder / "data" / "legal", "legal", test=4)
    dataset(folder / "data" / "paper", "paper", test=3, first=100)
    untrained(folder / "model")
    return folder


@pytest.fixture(scope="module")
def whole(place: Path) -> Any:
    """What was never broken off."""
    with contextlib.chdir(place):
        return reported()


@pytest.fixture
def there(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("data", "model"):
        (tmp_path / name).symlink_to(place / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reported(*arguments: str) -> Any:
    outcome = run("suitability", *QUICK, *arguments, "--json")
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def test_all_datasets_are_trained_and_tested_and_one_report_is_written(there: Path) -> None:
    outcome = run("suitability", *QUICK)

    assert outcome.code == 0, outcome.err
    folder = Path("suitability/model-lora")
    assert {path.name for path in folder.iterdir()} == {REPORT, MARKDOWN, PAGE}
    assert outcome.out.endswith(f"{folder}: written; open {folder / PAGE} in a browser\n")
    assert "2 trainings and 4 cells: " in outcome.out
    assert [line for line in outcome.err.splitlines() if line[0].isdigit()] == [
        "1/6  legal: training",
        "2/6  legal, tested on its own",
        "3/6  paper: training",
        "4/6  paper, tested on its own",
        "5/6  legal, tested on paper",
        "6/6  paper, tested on legal",
    ]
    report = load_report(folder)
    assert [domain.run for domain in report.domains] == ["runs/legal-model-lora", "runs/paper-model-lora"]
    assert report.matrix is not None
    assert list(report.matrix.rows) == ["untuned", "legal", "paper"]
    assert outcome.out.count("Not about the 6B.") == 3
    again = run("suitability", *QUICK)
    assert "0 trainings and 0 cells: 0 tokens of prompts to read, 0 to write at most" in again.out


def test_a_dry_run_says_what_it_will_cost_and_writes_nothing(there: Path) -> None:
    before = sorted(there.iterdir())

    outcome = run("suitability", *QUICK, "--dry-run")
    plan = json.loads(run("suitability", *QUICK, "--curve", "--dry-run", "--json").out)

    assert (outcome.code, outcome.err) == (0, "")
    head, legal, paper, total, estimate = outcome.out.splitlines()
    assert head.split() == ["dataset", "training", "own", "cell", "other", "cells"]
    assert legal.startswith("legal    4 steps, about ")
    assert paper.endswith(" s")
    assert total.startswith("2 trainings and 4 cells: ")
    assert estimate.endswith(" on the disk, estimated")
    assert [(each["dataset"], each["steps"]) for each in plan["trainings"]] == [("legal", 4), ("paper", 4)]
    assert len(plan["parts"]) == 2 * (5 * 2 - 1)  # five sizes, two seeds, one of them the run itself
    assert plan["seconds"] > 0
    assert sorted(there.iterdir()) == before


@pytest.mark.parametrize(("where", "left"), [("training", 2), ("cell", 14)])
def test_killed_at_any_moment_the_same_command_goes_on(
    there: Path, place: Path, whole: Any, where: str, left: int
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *QUICK, "--json"],
        check=False,
        timeout=120,
        capture_output=True,
        env={"KILLED_IN": where, "LEFT": str(left), "OMP_NUM_THREADS": "1", "PYTHONPATH": ":".join(sys.path)},
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    before = {path.name for path in Path("evaluations/cells").glob("*.json")}
    kept = [path.name for path in Path("runs/legal-model-lora").glob("checkpoint-*")]
    report = reported()

    assert (kept == ["checkpoint-2"]) == (where == "training")
    assert bool(before) == (where == "cell")
    assert report["matrix"] == whole["matrix"]
    assert {path.name for path in Path("evaluations/cells").iterdir()} == {
        path.name for path in (place / "evaluations/cells").iterdir()
    }


def test_a_budget_ends_it_and_the_same_command_goes_on(there: Path) -> None:
    outcome = run("suitability", *QUICK, "--budget", "0s")

    assert outcome.code == 0, outcome.err
    assert "as much is done as --budget 0s allows; the same command goes on from there" in outcome.out
    assert "Not measured: the budget of time ended before its turn." in outcome.out
    assert not Path("runs").exists()
    report = reported("--budget", "1h")
    assert report["settings"]["budget_seconds"] == 3600
    assert report["settings"]["not_measured"] == []


def test_an_interruption_keeps_what_was_done(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("train.evaluation.cells.answers_by_all", interrupted)
        outcome = run("suitability", *QUICK)

    assert outcome.code == 130
    assert outcome.err.splitlines()[-1] == (
        "prep: interrupted; what was trained and measured is kept, the same command goes on"
    )
    assert Run.open("runs/legal-model-lora").facts["steps"] == 4
    assert not Path("suitability").exists()


def test_runs_are_taken_where_they_are_given(there: Path) -> None:
    taken = run_on(there / "model", there / "mine", "lora", max_source_length=48, max_target_length=8)

    report = reported("--run", "paper=mine", "--domains", "paper,legal", "--name", "x")

    assert [(each["dataset"], each["run"]) for each in report["domains"]] == [
        ("paper", "mine"),
        ("legal", "runs/legal-model-lora"),
    ]
    assert (report["folder"], taken.path.name) == ("suitability/x", "mine")
    assert not Path("runs/paper-model-lora").exists()


def test_the_curve_trains_on_parts(there: Path) -> None:
    dataset(there / "small", "legal", train=8, test=2)

    report = reported("--domains", "small", "--curve", "--lang", "zh")

    assert report["folder"] == "suitability/small-model-lora"
    [domain] = report["domains"]
    assert (domain["curve"]["sizes"], len(domain["curve"]["bits"][0])) == ([8], 2)
    assert "尚无定论" in (Path(report["folder"]) / MARKDOWN).read_text(encoding="utf-8")


def test_python_callers_get_the_report(there: Path) -> None:
    report = prep.suitability(
        ["legal"], model="model", method="lora", training=KEYS, resamples=100, examples=1, out="mine"
    )

    assert report.matrix is not None
    assert load_report("mine/legal-model-lora").domains[0].dataset == "legal"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--domains", "nothing"], "nothing: no such dataset; make the dataset with prep convert"),
        (["--data", "no"], "no: no dataset with train and test records in it; make some with prep convert"),
        (["--run", "legal"], "--run legal: expected one run a dataset, e.g. --run legal=runs/legal-tiny-lora"),
        (["--run", "patent=x"], "--run patent=…: no such dataset among those that are looked at: legal, paper"),
        (["--run", "legal=no"], "no: no such run; train with prep train"),
        (["--budget", "six"], "--budget six: expected a time such as 6h, 90min or 1h30m"),
        (["--metrics", "BLEU"], "no metric 'BLEU'; choose of: bits_per_character"),
        (["--set", "lerning_rate=1"], "--set: lerning_rate: no such key; did you mean learning_rate?"),
        (["--set", "name=x"], "name x: every dataset has a run of its own; leave name out"),
        (["--recipe", "quik"], "no recipe 'quik': no such file and no such preset; did you mean quick?"),
        (["--items", "1"], "Invalid value for '--items': 1 is not in the range x>=2"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(there: Path, arguments: list[str], message: str) -> None:
    outcome = run("suitability", *QUICK, *arguments)

    assert (outcome.code, outcome.out) == (1, "")
    assert message in outcome.error
